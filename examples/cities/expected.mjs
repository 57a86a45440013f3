// The answers that the database must give, computed from the source data in plain JavaScript.
import { cityRecords, countryRecords } from './source.mjs';

const regionOf = new Map(countryRecords.map(({ code, region }) => [code, region]));
const french = cityRecords.filter(({ country }) => country === 'FR');

export const expected = {
  france: { cities: french.length, population: french.reduce((sum, { population }) => sum + population, 0) },
  populations: sumBy(({ country }) => country),
  regions: sumBy(({ country }) => regionOf.get(country)),
  largest: cityRecords
    .toSorted((a, b) => b.population - a.population)
    .slice(0, 10)
    .map(({ name, population }) => [name, population]),
};

/** The sum of the populations of all cities, for each group that `groupOf` gives. */
function sumBy(groupOf) {
  const sums = new Map();
  for (const city of cityRecords) {
    const group = groupOf(city);
    sums.set(group, (sums.get(group) ?? 0) + city.population);
  }
  return sums;
}
