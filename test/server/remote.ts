import { join } from 'node:path';
import { dial } from '../../lib/client/remote/dial.ts';
import { RemoteEngine } from '../../lib/client/remote/remote-engine.ts';
import { bytes, open } from '../../lib/index.ts';
import { type ServeOptions, serve } from '../../lib/server/serve.ts';
import type { Server } from '../../lib/server/server.ts';
import type { Engine } from '../../lib/versions/engine/engine.ts';
import { parseAddress } from '../../lib/wire/address.ts';
import { temporaryFolder } from '../support/fixture.ts';
import type { EngineStore } from '../versions/engine/calls.ts';

/** An engine on the server at an address. */
export function connectEngine(address: string, more: { token?: string; timeout?: number } = {}): Promise<RemoteEngine> {
  const parsed = parseAddress(address);
  return RemoteEngine.connect({
    dial: () => dial(parsed, { tls: undefined, timeout: 5000 }),
    token: more.token,
    timeout: more.timeout ?? 10_000,
    mostValue: 2 ** 31 - 1,
    onState: () => {},
  });
}

/** A store on a server of this process, in a new folder. */
export function remoteStore(kind: 'unix' | 'tcp' | 'ws', options: Partial<ServeOptions> = {}): EngineStore {
  const path = temporaryFolder();
  const env = open(path, { durability: 'nosync' });
  const listen = kind === 'unix' ? `unix:${join(path, 'socket')}` : `${kind}://127.0.0.1:0`;
  let server: Promise<Server> | undefined;
  const engines: Engine[] = [];
  return {
    path,
    makeCollection: async (name) => void env.collection(name, { key: bytes, value: bytes, versions: true }),
    clearCollection: async (name) => void env.collection(name).clear(),
    putApart: async (keys, value) => {
      for (const key of keys) env.collection('items').put(Buffer.from(key) as never, Buffer.from(value) as never);
    },
    open: async () => {
      server ??= serve(env, { listen, ...options });
      const engine = await connectEngine((await server).addresses[0] as string);
      engines.push(engine);
      return engine;
    },
    close: async () => {
      for (const engine of engines) await engine.close();
      await (await server)?.close();
      env.close();
    },
  };
}
