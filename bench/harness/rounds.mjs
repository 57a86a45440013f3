import { output } from './child.mjs';
import { median } from './statistics.mjs';

/** Shorter passes are repeated until they last this long: the clock and the scheduler are coarse. */
const LEAST_MILLISECONDS = 50;

/** Who competes in a workload: each `{ name, driver, form }`, the floor first and the peers last. */
export function contestantsOf(workload) {
  return [workload.floor, ...workload.contestants, ...workload.peers].map((name) => {
    const [driver, form] = name.split(' ');
    return { name, driver, form };
  });
}

/**
 * Measures every contestant `rounds` times, each time in a new process, one contestant after the other within a round
 * and a different one first in each round, so that what else the machine does falls on all of them alike. Contestants
 * whose driver is absent are left out.
 * Gives for each name its rounds: `{ time, first, repeat, passes, checksum }`, times in ns an operation.
 */
export async function measureRounds({ workload, dataset, drivers, rounds, onMeasure }) {
  const contestants = contestantsOf(workload).filter(({ driver }) => driver in drivers);
  const results = Object.fromEntries(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const { name, driver, form } = contestants[(turn + round) % contestants.length];
      onMeasure?.(`${workload.name}, round ${round + 1}: ${name}`);
      const [program, args] = drivers[driver].command({
        driver,
        workload: workload.name,
        form,
        dataset,
        operations: workload.operations(dataset.entries),
        warmUps: workload.warmUps,
        passes: workload.passes,
        leastMilliseconds: LEAST_MILLISECONDS,
        rests: workload.rests,
      });
      const measured = JSON.parse(await output(program, args));
      results[name].push({ time: median(measured.passes), ...measured });
    }
  }
  return results;
}
