import { readFileSync } from 'node:fs';
import { readingFailed } from '../transfer/io/input.ts';
import type { StructDescription } from '../value/struct/field-description.ts';
import type { Fields } from '../value/struct/static-types.ts';
import { rememberedStruct, type StructCodec } from '../value/struct/struct.ts';
import { Failure, USAGE } from './failure.ts';

type AnyCodec = StructCodec<Fields>;

/** The struct that a file describes: `{"id": "u32", "name": "utf8", "note": {"optional": "utf8"}}`. */
export function readSchema(path: string): AnyCodec {
  const text = readText(path);
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    throw new Failure(USAGE, `the schema '${path}' is not JSON: ${(error as Error).message}`);
  }
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) {
    const entries = Object.entries(fields);
    const codec = rememberedStruct({ struct: entries });
    if (codec !== undefined) return codec;
    const wrong = entries.find((entry) => rememberedStruct({ struct: [entry] }) === undefined);
    if (wrong !== undefined) {
      const [field, type] = wrong;
      throw new Failure(USAGE, `the schema '${path}' gives '${field}' an unknown type: ${JSON.stringify(type)}`);
    }
  }
  throw new Failure(
    USAGE,
    `the schema '${path}' must be a JSON object of field names and types, such as {"id": "u32", "note": {"optional": "utf8"}}`,
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw readingFailed(`the schema '${path}'`, error);
  }
}

/** A struct of the fields given with `--type`: `id=u64`, `note=utf8?` for an optional field, or the type as JSON. */
export function typesFrom(texts: readonly string[]): AnyCodec {
  const struct = texts.map((text) => {
    const [, name, type] = /^(.+?)=(.+)$/s.exec(text) ?? [];
    const codec = name === undefined ? undefined : rememberedStruct({ struct: [[name, typeFrom(type as string)]] });
    if (codec === undefined) {
      throw new Failure(
        USAGE,
        `--type must be FIELD=TYPE, such as id=u64, note=utf8? or tags={"list":"utf8"}, not ${text}`,
      );
    }
    return (codec.description as StructDescription).struct[0] as StructDescription['struct'][0];
  });
  return rememberedStruct({ struct }) as AnyCodec;
}

function typeFrom(text: string): unknown {
  if (text.startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }
  return text.endsWith('?') ? { optional: text.slice(0, -1) } : text;
}

/** A schema in the form that `--schema` takes, with a field on each line. */
export function schemaText({ struct }: StructDescription): string {
  if (struct.length === 0) return '{}';
  const fields = struct.map(([name, type]) => `  ${JSON.stringify(name)}: ${JSON.stringify(type)}`);
  return `{\n${fields.join(',\n')}\n}`;
}
