/** Stands in the model for a persistent object. */
export class Ref {
  readonly serial: number;

  constructor(serial: number) {
    this.serial = serial;
  }
}

/** The number in the model of a persistent object, or of a Ref; undefined for anything else. */
export type SerialOf = (value: object) => number | undefined;

/** A text of a value, in which persistent objects are their numbers. Values that differ have different texts. */
export function textOf(value: unknown, serialOf: SerialOf): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value);
  const serial = serialOf(value);
  if (serial !== undefined) return `#${serial}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if ('toBuffer' in value && typeof value.toBuffer === 'function') return textOf(value.toBuffer(), serialOf);
  if (Array.isArray(value)) return `[${value.map((each) => textOf(each, serialOf)).join()}]`;
  const properties = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${textOf(each, serialOf)}`);
  return `{${properties.join()}}`;
}

/** A copy of a value, with something else in the place of each Ref. */
export function copyOf(value: unknown, instead: (ref: Ref) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Ref) return instead(value);
  if (value instanceof Date) return new Date(value);
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map((each) => copyOf(each, instead));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copyOf(each, instead)]));
}

/** Calls `take` with the number of each object in a value. */
export function refsIn(value: unknown, take: (serial: number) => void): void {
  copyOf(value, ({ serial }) => take(serial));
}

/** What is random about a value. `ref` gives a Ref; undefined if there is nothing to refer to. */
export interface Choices {
  readonly random: (n: number) => number;
  /** Another number with each call. */
  readonly stamp: () => number;
  readonly ref: () => Ref | undefined;
}

/** A plain value, with Refs in it. No two are equal. */
export function plainValue(choices: Choices, depth = 0): unknown {
  const { random, stamp, ref } = choices;
  const inner = () => plainValue(choices, depth + 1);
  switch (random(depth > 2 ? 7 : 11)) {
    case 0:
      return stamp();
    case 1:
      return `text ${stamp()} ${'ä'.repeat([0, 5, 600][random(3)] as number)}`;
    case 2:
      return BigInt(stamp()) * 2n ** 33n;
    case 3:
      return new Date(stamp());
    case 4:
      return Uint8Array.of(1, 2, ...Buffer.from(String(stamp())));
    case 5:
    case 6:
      return ref() ?? stamp() + 0.5;
    case 7:
      return [stamp(), null, true];
    case 8:
      return [stamp(), ...Array.from({ length: random(4) }, inner)];
    case 9:
      return Object.fromEntries(['stamp', 'constructor', 'then'].map((name) => [name, inner()]));
    default:
      return { list: [inner(), { deep: inner() }], stamp: stamp() };
  }
}
