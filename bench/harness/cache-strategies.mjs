// What the suite `cache` compares strategies of a cache by.

export const WRITES = [1, 10, 30];
/** No cache; values that count as long as nothing at all was committed; checkpoints; intervals. */
export const STRATEGIES = ['none', 'naive', 'checkpoints', 'intervals'];

/** The figures of what programs/cache-strategies.mjs tells. */
export function strategyFigures() {
  return WRITES.flatMap((writes) => {
    const of =
      (strategy, field) =>
      ({ strategies }) =>
        strategies?.[writes][strategy][field];
    const less = (one, other) => (found) => of(one, 'hits')(found) - of(other, 'hits')(found);
    const names = STRATEGIES.filter((name) => name !== 'none');
    return [
      ...names.map((name) => [`${writes} % write: ${name}: hits`, '%', of(name, 'hits')]),
      ['intervals, less checkpoints', 'points', less('intervals', 'checkpoints'), { most: 5, travels: true }],
      ...(writes === 30
        ? [['checkpoints, less naive', 'points', less('checkpoints', 'naive'), { least: 50, travels: true }]]
        : []),
      ...names.map((name) => [`${writes} % write: ${name}: rows polled a transaction`, '', of(name, 'polled')]),
      ...STRATEGIES.map((name) => [`${writes} % write: ${name}: a transaction`, 'ms', of(name, 'time')]),
    ];
  });
}
