import type { LeaseholdError } from '../../base/errors.ts';
import type { Engine } from '../../versions/engine/engine.ts';
import type { HeldSnapshot } from '../backend.ts';

/** The newest commit that was told, which the server has said that it keeps; a newer one, if that is gone there already. */
export async function heldSnapshot(engine: Engine): Promise<HeldSnapshot> {
  for (;;) {
    const tid = engine.processed();
    try {
      const release = await new Promise<() => void>((resolve, reject) => {
        const held = engine.hold(tid, (error) => (error === undefined ? resolve(held) : reject(error)));
      });
      return { tid, release };
    } catch (error) {
      if ((error as LeaseholdError).code !== 'ERR_SNAPSHOT_LOST' || engine.processed() === tid) throw error;
    }
  }
}
