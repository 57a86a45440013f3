import { bytes, open } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import type { Engine } from '../../lib/versions/engine/engine.ts';
import { connectEngine } from '../server/remote.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import type { EngineStore } from '../versions/engine/calls.ts';
import { engineSuite } from '../versions/engine/suite.ts';
import { Random, SEED } from '../versions/random.ts';
import { BadNetwork, type Faults } from './bad-network.ts';

/** A store on a server behind a network that is as bad as `faults` say. */
function farStore(faults: Faults): EngineStore {
  const path = temporaryFolder();
  const env = open(path, { durability: 'nosync' });
  let begun: Promise<[Server, BadNetwork]> | undefined;
  const engines: Engine[] = [];
  const begin = async (): Promise<[Server, BadNetwork]> => {
    const server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
    return [server, await BadNetwork.start(() => server.addresses[0] as string, new Random(SEED), faults)];
  };
  return {
    path,
    makeCollection: async (name) => void env.collection(name, { key: bytes, value: bytes, versions: true }),
    clearCollection: async (name) => void env.collection(name).clear(),
    putApart: async (keys, value) => {
      for (const key of keys) env.collection('items').put(Buffer.from(key) as never, Buffer.from(value) as never);
    },
    open: async () => {
      begun ??= begin();
      const [, network] = await begun;
      for (;;) {
        try {
          const engine = await connectEngine(network.address, { timeout: 60_000 });
          engines.push(engine);
          return engine;
        } catch {
          // The first connection may be cut, too: connect() tells that.
        }
      }
    },
    close: async () => {
      for (const engine of engines) await engine.close();
      const [server, network] = (await begun) ?? [];
      await server?.close({ timeout: 100 });
      await network?.close();
      env.close();
    },
  };
}

if (isLong) {
  engineSuite('byte by byte', () => farStore({ most: 1 }));
  engineSuite('through a network that delays and cuts', () => farStore({ delay: 2, most: 40, cut: 0.002 }));
}
engineSuite('through a network that breaks frames', () => farStore({ most: 3000 }));
