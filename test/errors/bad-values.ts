import { bytes, Key, t, Value } from '../../lib/index.ts';

/** Values that somebody passes by mistake, of every type there is. */
export function badValues(): Record<string, unknown> {
  const detached = new Uint8Array(8);
  structuredClone(detached, { transfer: [detached.buffer] });
  return {
    undefined: undefined,
    null: null,
    true: true,
    NaN: Number.NaN,
    '-0': -0,
    '-1': -1,
    '1.5': 1.5,
    '2 ** 32': 2 ** 32,
    '2 ** 53': 2 ** 53,
    '-Infinity': Number.NEGATIVE_INFINITY,
    '1n': 1n,
    'a bigint too large': 2n ** 3000n,
    'an empty string': '',
    'a string': 'text',
    'a string with a NUL': 'a\0b',
    'a lone surrogate': '\ud800',
    'a long string': 'x'.repeat(3000),
    'a symbol': Symbol('s'),
    'an object': {},
    'an object without a prototype': Object.create(null),
    'an array': [],
    'an array of itself': ((): unknown[] => {
      const array: unknown[] = [];
      array.push(array);
      return array;
    })(),
    'an array with holes': new Array(3),
    'a deep array': JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as unknown,
    'a function': () => {},
    'a class': class {},
    'a date': new Date(Number.NaN),
    'a regular expression': /x/,
    'an error': new Error('x'),
    'a promise': Promise.resolve(1),
    'a map': new Map(),
    'an ArrayBuffer': new ArrayBuffer(8),
    'a DataView': new DataView(new ArrayBuffer(8)),
    'a Float64Array': new Float64Array(2),
    'an empty Buffer': Buffer.alloc(0),
    'a Buffer': Buffer.from('buffer'),
    'a long Buffer': Buffer.alloc(3000),
    'a detached Uint8Array': detached,
    'a shared Uint8Array': new Uint8Array(new SharedArrayBuffer(4)),
    'a proxy of an array': new Proxy([1], {}),
    'a Key': Key.of('a', 1),
    'a Value': Key.of(Buffer.from('x')).at(0),
    'an object that says it is a Key': Object.create(Key.prototype),
    'an object that says it is a Value': Object.create(Value.prototype),
    'an iterator': [1, 2][Symbol.iterator](),
    'the codec bytes': bytes,
    'a type of t': t.u8,
  };
}
