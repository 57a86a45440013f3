import { emptyRecord } from '../../base/primordials.ts';
import type { AnyFieldType } from './field-description.ts';
import { typeOf } from './known-types.ts';

/**
 * The fields of which a remembered description speaks, pairs of a name and a type: what `struct` takes. Undefined for
 * what a newer leasehold may have written. Types may go `levels` deep.
 */
export function fieldsOfDescription(pairs: unknown, levels: number): Record<string, AnyFieldType> | undefined {
  if (!Array.isArray(pairs)) return undefined;
  const fields = emptyRecord<AnyFieldType>();
  for (let i = 0; i < pairs.length; i++) {
    const pair: unknown = pairs[i];
    if (!Array.isArray(pair) || typeof pair[0] !== 'string') return undefined;
    const type = typeOf(pair[1], levels);
    if (type === undefined) return undefined;
    fields[pair[0]] = type;
  }
  return fields;
}
