import { PrimordialNumber } from '../../../base/primordials.ts';
import { FORM_LONG } from '../field-form.ts';
import { wrongRange, wrongType } from '../path.ts';
import { writeU32 } from '../record.ts';
import { longText } from './number-form.ts';
import type { Scalar } from './scalar-type.ts';

/** An integer of 64 bits, from `least` on: a bigint. `number` is what native code calls it. */
export function longInteger(name: string, least: bigint, number: number, read: Scalar<bigint>['read']): Scalar<bigint> {
  const most = least + 2n ** 64n - 1n;
  return {
    name,
    size: 8,
    zero: () => 0n,
    read,
    write({ bytes }, _origin, place, value, path, step) {
      if (typeof value !== 'bigint') throw wrongType(path, step, `a bigint (${name})`, value);
      if (value < least || value > most) throw wrongRange(path, step, `from ${least} to ${most}`, value);
      writeU32(bytes, place, PrimordialNumber(value & 0xffff_ffffn));
      writeU32(bytes, place + 4, PrimordialNumber((value >> 32n) & 0xffff_ffffn));
    },
    join: { kind: 'number', number },
    text: longText,
    form: { kind: FORM_LONG, least: least === 0n ? 0 : -Number.MAX_VALUE, most: Number.MAX_VALUE },
  };
}

/** What `toJSON` shows of one: decimal text for what is no safe number. */
export function numberOrText(value: unknown): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
