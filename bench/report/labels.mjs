// What a reader knows the contestants by. A contestant is named by driver and form; where drivers come in several kinds
// (`lmdb-records`), what follows the hyphen says which.

const libraries = {
  c: 'C',
  level: 'classic-level',
  lmdb: 'lmdb-js',
  sqlite: 'better-sqlite3',
  'node-sqlite': 'node:sqlite',
  duckdb: 'DuckDB',
  struct: 'leasehold',
  shop: 'leasehold',
  names: 'leasehold',
  workers: 'leasehold workers',
  javascript: 'JavaScript',
  encoder: '',
};

export function labelOf(contestant) {
  const [driver, ...form] = contestant.split(' ');
  const [library, ...kind] = Object.hasOwn(libraries, driver) ? [driver] : driver.split('-');
  return [libraries[library] ?? library, ...kind.filter((word) => !form.includes(word)), ...form]
    .filter(Boolean)
    .join(' ');
}
