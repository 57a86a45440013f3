import { emptyRecord } from '../primordials.ts';
import { bytes } from './bytes.ts';
import type { ValueCodec } from './codec.ts';
import { type FieldDescription, type FieldType, t } from './field-type.ts';
import { json } from './json.ts';
import { struct } from './struct.ts';
import { utf8 } from './utf8.ts';

type AnyField = FieldType<unknown, unknown, unknown>;

const plainCodecs: readonly ValueCodec<never, unknown>[] = [bytes, utf8, json];

/**
 * The codec that an earlier `description` speaks of; undefined for a custom codec, whose functions only the program has, and
 * for what a newer leasehold may have written.
 */
export function rememberedValueCodec(description: unknown): ValueCodec<never, unknown> | undefined {
  if (typeof description === 'string') return plainCodec(description);
  if (typeof description !== 'object' || description === null || !('struct' in description)) return undefined;
  if (!Array.isArray(description.struct)) return undefined;
  const fields = emptyRecord<AnyField>();
  for (const pair of description.struct as unknown[]) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string') return undefined;
    const type = typeOf(pair[1] as FieldDescription);
    if (type === undefined) return undefined;
    fields[pair[0]] = type;
  }
  return struct(fields);
}

/** By index: a patched method could put a codec of the program's own in the place of ours. */
function plainCodec(name: string): ValueCodec<never, unknown> | undefined {
  for (let i = 0; i < plainCodecs.length; i++) {
    const codec = plainCodecs[i] as ValueCodec<never, unknown>;
    if (codec.name === name) return codec;
  }
  return undefined;
}

function typeOf(description: FieldDescription): AnyField | undefined {
  const isOptional = typeof description === 'object';
  const name: unknown = isOptional ? description?.optional : description;
  if (typeof name !== 'string' || name === 'optional' || !Object.hasOwn(t, name)) return undefined;
  const type = (t as unknown as Record<string, AnyField>)[name] as AnyField;
  return isOptional ? t.optional(type as FieldType<unknown, unknown, unknown, false>) : type;
}
