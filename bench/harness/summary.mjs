import { spread } from './statistics.mjs';

/** Throws unless every contestant of every round computed the same from the data. */
export function requireAgreement(workload, results) {
  const checksums = new Map();
  for (const [name, rounds] of Object.entries(results)) {
    for (const { checksum } of rounds) checksums.set(checksum, [...(checksums.get(checksum) ?? []), name]);
  }
  if (checksums.size <= 1) return;
  const lines = [...checksums].map(([checksum, names]) => `  ${checksum}: ${[...new Set(names)].join(', ')}`);
  throw new Error(`${workload.name}: the results differ, so the times mean nothing\n${lines.join('\n')}`);
}

/**
 * For each contestant its times, and against the floor and each peer its ratio of times, taken within each round:
 * what slows a round down slows both down.
 */
export function summarize(workload, results) {
  const references = [workload.floor, ...workload.peers].filter((name) => name in results);
  return Object.entries(results).map(([name, rounds]) => ({
    name,
    time: spread(rounds.map(({ time }) => time)),
    first: spread(rounds.map(({ first }) => first)),
    ratios: Object.fromEntries(
      references
        .filter((reference) => reference !== name)
        .map((reference) => [reference, spread(rounds.map(({ time }, i) => time / results[reference][i].time))]),
    ),
  }));
}

/** The targets of a workload with what was reached; those that need a contestant which did not run are left out. */
export function judge(workload, summary) {
  return workload.targets.flatMap(({ contestant, against, timesItsTime, timesAsFast }) => {
    const ratio = summary.find(({ name }) => name === contestant)?.ratios[against]?.median;
    if (ratio === undefined) return [];
    const verdict = { workload: workload.name, contestant, against };
    return timesItsTime === undefined
      ? [
          {
            ...verdict,
            target: `at least ${timesAsFast} times as fast`,
            reached: 1 / ratio,
            pass: 1 / ratio >= timesAsFast,
          },
        ]
      : [
          {
            ...verdict,
            target: `at most ${timesItsTime} times its time`,
            reached: ratio,
            pass: ratio <= timesItsTime,
          },
        ];
  });
}
