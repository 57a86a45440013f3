import { emptyRecord } from '../base/primordials.ts';
import { bytes } from './bytes.ts';
import type { ValueCodec } from './codec.ts';
import { json } from './json.ts';
import { msgpack } from './msgpack/msgpack.ts';
import { isFieldType } from './struct/field.ts';
import { DEEPEST } from './struct/field-coder.ts';
import type { AnyFieldType, FieldType } from './struct/field-description.ts';
import { t } from './struct/field-type.ts';
import { struct } from './struct/struct.ts';
import { utf8 } from './utf8.ts';

const plainCodecs: readonly ValueCodec<never, unknown>[] = [bytes, utf8, json, msgpack];

/**
 * The codec that an earlier `description` speaks of; undefined for a custom codec, whose functions only the program has, and
 * for what a newer leasehold may have written.
 */
export function rememberedValueCodec(description: unknown): ValueCodec<never, unknown> | undefined {
  if (typeof description === 'string') return plainCodec(description);
  if (typeof description !== 'object' || description === null || !('struct' in description)) return undefined;
  const fields = fieldsOf(description.struct, DEEPEST);
  return fields === undefined ? undefined : struct(fields);
}

/** By index: a patched method could put a codec of the program's own in the place of ours. */
function plainCodec(name: string): ValueCodec<never, unknown> | undefined {
  for (let i = 0; i < plainCodecs.length; i++) {
    const codec = plainCodecs[i] as ValueCodec<never, unknown>;
    if (codec.name === name) return codec;
  }
  return undefined;
}

/** `levels` is how much deeper the description may go. */
function fieldsOf(pairs: unknown, levels: number): Record<string, AnyFieldType> | undefined {
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

function typeOf(description: unknown, levels: number): AnyFieldType | undefined {
  if (typeof description === 'string') {
    const type: unknown = Object.hasOwn(t, description) ? t[description as keyof typeof t] : undefined;
    return isFieldType(type) ? type : undefined;
  }
  if (typeof description !== 'object' || description === null || levels === 0) return undefined;
  if ('optional' in description) {
    const type = typeOf(description.optional, levels);
    if (type === undefined || type.optional) return undefined;
    return t.optional(type as FieldType<unknown, unknown, unknown, false>);
  }
  if ('list' in description) {
    const type = typeOf(description.list, levels - 1);
    return type === undefined ? undefined : t.list(type);
  }
  if (!('struct' in description)) return undefined;
  const fields = fieldsOf(description.struct, levels - 1);
  return fields === undefined ? undefined : t.struct(fields);
}
