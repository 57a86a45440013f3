import { isInteger } from '../../../base/primordials.ts';
import { FORM_INTEGER } from '../field-form.ts';
import { wrongRange, wrongType } from '../path.ts';
import { integerText } from './number-form.ts';
import type { Scalar } from './scalar-type.ts';

/** An integer of up to 32 bits, from `least` on. `number` is what native code calls it. */
export function integer(
  name: string,
  size: 1 | 2 | 4,
  least: number,
  number: number,
  read: Scalar<number>['read'],
): Scalar<number> {
  const most = least + 256 ** size - 1;
  const allowed = `an integer from ${least} to ${most}`;
  return {
    name,
    size,
    zero: () => 0,
    read,
    write({ bytes }, _origin, place, value, path, step) {
      if (typeof value !== 'number') throw wrongType(path, step, `a number (${name})`, value);
      if (!(isInteger(value) && value >= least && value <= most)) throw wrongRange(path, step, allowed, value);
      for (let i = 0, rest = value; i < size; i++, rest >>= 8) bytes[place + i] = rest;
    },
    join: { kind: 'number', number },
    text: integerText,
    form: { kind: FORM_INTEGER, least, most },
  };
}
