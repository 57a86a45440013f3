import * as sources from '../../../lib/index.ts';
import { EnvironmentState } from '../../../lib/transaction/environment-state.ts';
import type { Engine } from '../../../lib/versions/engine/engine.ts';
import { EnvironmentEngine } from '../../../lib/versions/engine/environment-engine.ts';
import type { SnapshotLimits } from '../../../lib/versions/engine/kept-snapshots.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import type { EngineStore } from './calls.ts';

/** The library with which to make a store: the sources, or a copy of them. */
export interface EngineLibrary {
  readonly lib: Pick<typeof sources, 'open' | 'bytes'>;
  readonly EnvironmentState: typeof EnvironmentState;
  readonly EnvironmentEngine: typeof EnvironmentEngine;
}

/** A store on an environment of this process, in a new folder. */
export function environmentStore(
  limits: SnapshotLimits = {},
  library: EngineLibrary = { lib: sources, EnvironmentState, EnvironmentEngine },
): EngineStore {
  const path = temporaryFolder();
  const { bytes, open } = library.lib;
  const env = open(path, { durability: 'nosync' });
  const opened: [Engine, EnvironmentState][] = [];
  return {
    path,
    makeCollection: async (name) => void env.collection(name, { key: bytes, value: bytes, versions: true }),
    clearCollection: async (name) => void env.collection(name).clear(),
    putApart: async (keys, value) => {
      for (const key of keys) env.collection('items').put(Buffer.from(key) as never, Buffer.from(value) as never);
    },
    open: async () => {
      const state = new library.EnvironmentState(path, { durability: 'nosync' });
      const engine = new library.EnvironmentEngine(state, limits);
      opened.push([engine, state]);
      return engine;
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
