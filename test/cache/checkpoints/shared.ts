import { join } from 'node:path';
import type { CheckpointedEngine } from '../../../lib/cache/checkpoints/checkpointed-engine.ts';
import type { SharedStore } from '../../../lib/cache/stores/shared-store.ts';
import { connectCheckpointed } from '../../../lib/client/remote/connect-cached.ts';
import { dial } from '../../../lib/client/remote/dial.ts';
import { RemoteEngine } from '../../../lib/client/remote/remote-engine.ts';
import { bytes, open } from '../../../lib/index.ts';
import { serve } from '../../../lib/server/serve.ts';
import type { Server } from '../../../lib/server/server.ts';
import { parseAddress } from '../../../lib/wire/address.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import type { EngineStore } from '../../versions/engine/calls.ts';

export interface SharedEngineStore extends EngineStore {
  open(): Promise<CheckpointedEngine>;
}

/** A store on a server of this process, whose engines share a cache. `cache` opens it for each. */
export function sharedStore(cache: (path: string) => SharedStore): SharedEngineStore {
  const path = temporaryFolder();
  const env = open(path, { durability: 'nosync' });
  let server: Promise<Server> | undefined;
  const engines: CheckpointedEngine[] = [];
  return {
    path,
    makeCollection: async (name) => void env.collection(name, { key: bytes, value: bytes, versions: true }),
    clearCollection: async (name) => void env.collection(name).clear(),
    putApart: async (keys, value) => {
      for (const key of keys) env.collection('items').put(Buffer.from(key) as never, Buffer.from(value) as never);
    },
    open: async () => {
      server ??= serve(env, { listen: `unix:${join(path, 'socket')}` });
      const address = parseAddress((await server).addresses[0] as string);
      const { cached } = await connectCheckpointed(cache(path), (behind) =>
        RemoteEngine.connect({
          dial: () => dial(address, { tls: undefined, timeout: 5000 }),
          token: undefined,
          timeout: 10_000,
          mostValue: 2 ** 31 - 1,
          onState: () => {},
          ...behind,
        }),
      );
      engines.push(cached);
      return cached;
    },
    close: async () => {
      for (const engine of engines) await engine.close();
      await (await server)?.close();
      env.close();
    },
  };
}
