import type { SeenStore } from '../../cache/history/seen-store.ts';
import type { Engine } from '../../versions/engine/engine.ts';
import type { ServerHello } from '../../wire/hello.ts';
import type { ConnectionState, LinkOptions } from './link.ts';

export interface RemoteOptions extends LinkOptions {
  /** The most bytes of a value. */
  readonly mostValue: number;
  /** Whether the server is to send objects before they are asked for. */
  readonly prefetch?: boolean;
  /** Called when the state of the connection changes. */
  readonly onState: (state: ConnectionState) => void;
  /** The commit up to which a cache was told everything before: the commits after it are told first. */
  readonly seen?: SeenStore | undefined;
  /** False: to begin with `seen`, if it is there, and to connect meanwhile. */
  readonly wait?: boolean | undefined;
  /** Called once, when a server has answered, before it tells a commit. */
  readonly welcomed?: (engine: Engine, hello: ServerHello) => void;
}
