// Makes records of random bytes, and valid records with a few bytes changed. Reads everything that can be read of them.
import { LeaseholdError } from '../../../lib/base/errors.ts';
import { t } from '../../../lib/value/struct/field-type.ts';
import { struct } from '../../../lib/value/struct/struct.ts';
import { StructView } from '../../../lib/value/struct/struct-view.ts';
import { encode, lend, random } from '../../support/sinks.ts';

const Deep = struct({
  ...{ id: t.u32, ok: t.bool, name: t.utf8, f: t.f64, maybe: t.optional(t.u16), raw: t.bytes, at: t.date },
  tags: t.list(t.utf8),
  numbers: t.list(t.i16),
  lines: t.list(t.struct({ item: t.utf8, price: t.u32, flags: t.list(t.bool), at: t.optional(t.date) })),
  grid: t.optional(t.list(t.list(t.optional(t.u8)))),
  home: t.struct({
    lat: t.f64,
    notes: t.optional(t.list(t.bytes)),
    inner: t.struct({ x: t.i64, y: t.optional(t.utf8) }),
  }),
  big: t.optional(t.u64),
});
const WHOLE = encode(Deep, {
  ...{ id: 7, ok: true, name: 'Zürich', f: 1.5, maybe: 9, raw: Uint8Array.of(1, 2), at: new Date(5) },
  ...{ tags: ['a', 'é', ''], numbers: [1, -2, 3], big: 2n ** 60n, grid: [[1, undefined], []] },
  lines: [
    { item: 'pen', price: 3, flags: [true, false] },
    { item: 'ink', price: 4, flags: [], at: new Date(6) },
  ],
  home: { lat: 2, notes: [Uint8Array.of(3)], inner: { x: -1n, y: 'text' } },
});

/** The most values read from one input. In a damaged record values may overlap, so nested lists could contain very many. */
const MOST_READS = 2_000;

/** How many damaged records decoded wholly, partly, or not at all. */
export interface Fuzzed {
  whole: number;
  partly: number;
  refused: number;
}

/** Reads `runs` records; throws if one reads differently with other bytes around it, or throws anything but `ERR_CODEC`. */
export function fuzz(seed: number, runs: number): Fuzzed {
  const next = random(seed);
  const found: Fuzzed = { whole: 0, partly: 0, refused: 0 };
  for (let run = 0; run < runs; run++) {
    const bytes = next(4) === 0 ? randomBytes(next) : damaged(next);
    const { text, failed, read } = outcome(bytes, 0x00);
    if (failed === 0) found.whole++;
    else if (read > 0) found.partly++;
    else found.refused++;
    if (run % 4 !== 0) continue;
    const other = outcome(bytes, 0xff).text;
    if (other !== text)
      throw new Error(`seed ${seed}, run ${run}, ${Buffer.from(bytes).toString('hex')}: ${other} != ${text}`);
  }
  return found;
}

function damaged(next: (limit: number) => number): Uint8Array {
  const bytes = next(4) === 0 ? WHOLE.slice(0, next(WHOLE.length + 1)) : WHOLE.slice();
  for (let damage = next(4); damage > 0 && bytes.length > 0; damage--) {
    bytes[next(bytes.length)] = next(2) === 0 ? next(256) : next(8);
  }
  return bytes;
}

function randomBytes(next: (limit: number) => number): Uint8Array {
  const bytes = new Uint8Array(next(160));
  const small = next(2) === 0;
  for (let i = 0; i < bytes.length; i++) bytes[i] = small ? next(160) * next(2) : next(256);
  if (next(4) !== 0) bytes.set(WHOLE.subarray(0, Math.min(4, bytes.length)));
  return bytes;
}

function outcome(bytes: Uint8Array, poison: number): { text: string; failed: number; read: number } {
  const { lease, at } = lend(bytes, { poison });
  const state = { text: '', failed: 0, read: 0 };
  visit(Deep.view(lease, at), state);
  return state;
}

function visit(value: unknown, state: { text: string; failed: number; read: number }): void {
  if (state.read + state.failed > MOST_READS) return;
  if (value instanceof StructView) {
    // Read only the fields: a view has another property beside them.
    for (const name of Object.keys(Object.getPrototypeOf(value))) {
      attempt(() => (value as unknown as Record<string, unknown>)[name], state);
    }
  } else if (typeof value === 'object' && value !== null && 'at' in value) {
    const list = value as { length: number; at(index: number): unknown };
    attempt(() => list.length, state);
    let length = 0;
    try {
      ({ length } = list);
    } catch {}
    for (let i = 0; i < length && i < 20; i++) attempt(() => list.at(i), state);
  } else {
    state.read++;
    state.text += ` ${value instanceof Date || (typeof value === 'object' && value !== null) ? JSON.stringify(value) : String(value)}`;
  }
}

function attempt(read: () => unknown, state: { text: string; failed: number; read: number }): void {
  let value: unknown;
  try {
    value = read();
  } catch (error) {
    if (!(error instanceof LeaseholdError) || error.code !== 'ERR_CODEC' || !/ at byte \d+$/.test(error.message))
      throw error;
    state.failed++;
    state.text += ` <${error.message}>`;
    return;
  }
  visit(value, state);
}
