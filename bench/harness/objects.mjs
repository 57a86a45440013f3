// What the contestants of the suite `objects` have in common: the objects, and how many.

/** In the large stores. */
export const COUNT = 1_000_000;
/** In one write. */
export const CREATED = 10_000;
export const VIEWS = 1000;
/** Keys of which the objects are read again and again. */
export const HOT = Array.from({ length: 10_000 }, (_, i) => (i * 7_919_113) % COUNT);

/** An object of ten fields, as an application has them: an id, some words, some numbers. */
export const record = (i) => ({
  id: i,
  name: `user ${i}`,
  email: `user${i}@example.com`,
  age: i % 90,
  active: i % 3 === 0,
  score: i / 7,
  city: 'Paris',
  visits: (i * 13) % 1_000_000,
  plan: 'basic',
  since: 1_600_000_000 + i,
});

export const fields = Object.keys(record(0));
