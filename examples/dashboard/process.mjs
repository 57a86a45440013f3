// What the processes of the dashboard have in common.

const stopping = new AbortController();
/** Aborted when main.mjs tells this process to end, or has ended itself. */
export const stopped = stopping.signal;
process.once('disconnect', () => stopping.abort());
// Ctrl-C goes to all processes of a terminal.
process.on('SIGINT', () => {});

export const any = (list) => list[Math.floor(Math.random() * list.length)];

/** Gives a function that chooses a country: those with many cities often, the others rarely. */
export async function popularCountries(store) {
  const countries = [];
  for await (const { key, value } of store.collection('countries').range()) countries.push([value.cities, key]);
  countries.sort((a, b) => b[0] - a[0]);
  return () => countries[Math.floor(countries.length * Math.random() ** 4)][1];
}
