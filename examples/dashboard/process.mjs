// What the processes of the dashboard have in common.

// They end with main.mjs, however that has ended.
process.once('disconnect', () => process.exit());
if (process.connected === false) process.exit();

export const any = (list) => list[Math.floor(Math.random() * list.length)];

/** Gives a function that chooses a country: those with many cities often, the others rarely. */
export async function popularCountries(store) {
  const countries = [];
  for await (const { key, value } of store.collection('countries').range()) countries.push([value.cities, key]);
  countries.sort((a, b) => b[0] - a[0]);
  return () => countries[Math.floor(countries.length * Math.random() ** 4)][1];
}
