import * as sources from '../../../lib/index.ts';
import { EnvironmentState } from '../../../lib/transaction/environment-state.ts';
import type { Engine } from '../../../lib/versions/engine/engine.ts';
import { EnvironmentEngine } from '../../../lib/versions/engine/environment-engine.ts';
import type { SnapshotLimits } from '../../../lib/versions/engine/kept-snapshots.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import type { EngineStore } from './calls.ts';
import { lengthened, withLongKeys } from './long-keys.ts';

/** The library with which to make a store: the sources, or a copy of them. */
export interface EngineLibrary {
  readonly lib: Pick<typeof sources, 'open' | 'bytes'>;
  readonly EnvironmentState: typeof EnvironmentState;
  readonly EnvironmentEngine: typeof EnvironmentEngine;
}

/** What collections are made with, beside versions. With `keys: 'any'`, all keys are stored as long ones. */
export interface Made {
  readonly expires?: true;
  readonly keys?: 'any';
}

/** A store on an environment of this process, in a new folder. */
export function environmentStore(
  limits: SnapshotLimits = {},
  library: EngineLibrary = { lib: sources, EnvironmentState, EnvironmentEngine },
  made: Made = {},
): EngineStore {
  const stored = (key: string) => (made.keys === 'any' ? lengthened(Buffer.from(key)) : Buffer.from(key));
  const path = temporaryFolder();
  const { bytes, open } = library.lib;
  const env = open(path, { durability: 'nosync' });
  const opened: [Engine, EnvironmentState][] = [];
  return {
    path,
    adds: made.expires !== true,
    makeCollection: async (name) => void env.collection(name, { key: bytes, value: bytes, versions: true, ...made }),
    clearCollection: async (name) => void env.collection(name).clear(),
    putApart: async (keys, value) => {
      for (const key of keys) env.collection('items').put(stored(key) as never, Buffer.from(value) as never);
    },
    open: async () => {
      const state = new library.EnvironmentState(path, { durability: 'nosync' });
      const engine = new library.EnvironmentEngine(state, limits);
      opened.push([engine, state]);
      return made.keys === 'any' ? withLongKeys(engine) : engine;
    },
    close: async () => {
      for (const [engine, state] of opened) {
        await engine.close();
        state.close();
      }
      env.close();
    },
  };
}
