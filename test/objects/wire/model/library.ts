import type { CacheFile } from '../../../../lib/cache/cache-file.ts';
import type { openFolder } from '../../../../lib/cache/cache-folder.ts';
import type { CachedEngine } from '../../../../lib/cache/cached-engine.ts';
import type { RemoteBackend } from '../../../../lib/client/remote/remote-backend.ts';
import type { RemoteEngine } from '../../../../lib/client/remote/remote-engine.ts';
import type { makeStoreId } from '../../../../lib/environment/make-store-id.ts';
import type { open } from '../../../../lib/index.ts';
import type {
  Counter,
  openStore,
  PersistentList,
  PersistentMap,
  persistent,
  ref,
  t,
} from '../../../../lib/objects/index.ts';
import type { RemoteStore } from '../../../../lib/objects/wire/remote-store.ts';
import type { ServedStore } from '../../../../lib/server/served-store.ts';
import type { Session } from '../../../../lib/server/session.ts';
import type { DEFAULT_LIMITS } from '../../../../lib/wire/protocol.ts';
import { loadOnFakeClock } from '../../../cache/model/library.ts';

// biome-ignore lint/suspicious/noExplicitAny: the model assigns what it likes to fields that it names.
export type Any = any;

/** What of the library the model drives: servers, clients, caches and objects. */
export interface WireLibrary {
  readonly CacheFile: typeof CacheFile;
  readonly openFolder: typeof openFolder;
  readonly CachedEngine: typeof CachedEngine;
  readonly RemoteBackend: typeof RemoteBackend;
  readonly RemoteEngine: typeof RemoteEngine;
  readonly makeStoreId: typeof makeStoreId;
  readonly open: typeof open;
  readonly openStore: typeof openStore;
  readonly persistent: typeof persistent;
  readonly ref: typeof ref;
  readonly t: typeof t;
  readonly PersistentMap: typeof PersistentMap;
  readonly PersistentList: typeof PersistentList;
  readonly Counter: typeof Counter;
  readonly RemoteStore: typeof RemoteStore;
  readonly ServedStore: typeof ServedStore;
  readonly Session: typeof Session;
  readonly DEFAULT_LIMITS: typeof DEFAULT_LIMITS;
  /** The class of the model's objects. */
  readonly Node: new (
    fields: object,
  ) => Any;
}

/** Loads a copy of the library, which gets the clock of the model. */
export async function loadWire(folder: string): Promise<WireLibrary> {
  const library = await loadOnFakeClock<Omit<WireLibrary, 'Node'>>(folder, [
    'cache/cache-file.js',
    'cache/cache-folder.js',
    'cache/cached-engine.js',
    'client/remote/remote-backend.js',
    'client/remote/remote-engine.js',
    'environment/make-store-id.js',
    'server/served-store.js',
    'server/session.js',
    'wire/protocol.js',
    'objects/index.js',
    'objects/wire/remote-store.js',
    'environment/open.js',
  ]);
  const { persistent, ref, t } = library;
  const Node: WireLibrary['Node'] = persistent('wire-model.Node', {
    n: t.i32,
    text: t.utf8,
    next: ref((): never => Node as never).optional(),
  })(class {}) as never;
  return { ...library, Node };
}
