// The collections that participants share, and their values. Keys are numbers from 0 to KEYS - 1 in logs; each collection has keys of its own for
// them.

export const KEYS = 6;
export const NAMES = ['docs', 'texts', 'leases'];
const HOUR = 3_600_000;

/** Opens the database and its collections: one with shared states, one with keys of any length, one whose values expire, and the markers. */
export function openStore({ open, json, uint32, utf8 }, path, options) {
  const env = open(path, { durability: 'nosync', sweep: false, ...options });
  const collections = {
    docs: env.collection('docs', { key: uint32, value: json, versions: true, share: true }),
    texts: env.collection('texts', { key: utf8, value: utf8, versions: true, keys: 'any' }),
    leases: env.collection('leases', { key: utf8, value: utf8, versions: true, expires: true }),
    markers: env.collection('markers', { key: utf8, value: uint32, versions: true }),
  };
  return { env, collections };
}

/** Every second key of `texts` is too long for LMDB. */
export function keyOf(name, i) {
  if (name === 'docs') return i;
  return name === 'texts' && i % 2 === 1 ? `${i}`.padEnd(700, 'k') : `${i}`;
}

export const indexOf = (key) => Number.parseInt(String(key), 10);

/** The text of the value that a stamp stands for. A stamp is written once: `participant:number`. */
function textOf(stamp) {
  return `${stamp} `.padEnd([8, 30, 300, 3000][stamp.length % 4] + stamp.length, 'x');
}

export function valueFor(name, stamp) {
  return name === 'docs' ? { list: [{ deep: 1 }], text: textOf(stamp) } : textOf(stamp);
}

/** The stamp of a value that was read. Throws if the value is not what was written. */
export function stampOf(name, value) {
  if (value === undefined) return null;
  const text = String(name === 'docs' ? value.text : value);
  const stamp = text.slice(0, text.indexOf(' '));
  const shown = name === 'docs' ? JSON.stringify(value) : text;
  const wanted = name === 'docs' ? JSON.stringify(valueFor(name, stamp)) : textOf(stamp);
  if (shown !== wanted) throw new Error(`a value of ${name} is ${shown.slice(0, 100)} (${shown.length})`);
  return stamp;
}

/** Times of values: gone already, not gone during the test, or none. */
export const timeOf = (life) => (life === 'gone' ? Date.now() - 1 : life === 'long' ? Date.now() + HOUR : Infinity);
