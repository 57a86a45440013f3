import { inspectAs } from '../base/inspect.ts';
import { type InspectOptions, inspect } from '../base/platform.ts';
import { objectDefineProperty } from '../base/primordials.ts';

const ONE_LINE: InspectOptions = { compact: true, breakLength: Number.POSITIVE_INFINITY };

/** Makes `util.inspect` show a codec, a field type or a description as the text of that description. */
export function inspectAsDescription(target: object, description: unknown): void {
  inspectAs(target, (_, depth, options) => descriptionText(description, depth, options));
}

/**
 * The description of a codec or a field type as text: `u32`, `list<utf8>`, `optional<date>`, `struct { name: utf8, population: u32 }`. By
 * default everything in one line. What only a newer version can have written is shown as JSON.
 */
export function descriptionText(
  description: unknown,
  depth: number = Number.POSITIVE_INFINITY,
  options: InspectOptions = ONE_LINE,
): string {
  if (typeof description === 'string') return description;
  if (typeof description === 'object' && description !== null) {
    if ('optional' in description) return `optional<${descriptionText(description.optional, depth, options)}>`;
    if ('list' in description) return `list<${descriptionText(description.list, depth, options)}>`;
    if ('custom' in description) return `the program's own codec '${description.custom}'`;
    if ('struct' in description && Array.isArray(description.struct)) {
      return structText(description.struct, depth, options);
    }
  }
  return String(JSON.stringify(description));
}

function structText(pairs: readonly unknown[], depth: number, options: InspectOptions): string {
  if (depth < 0) return '[struct]';
  const fields = {};
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i];
    if (!Array.isArray(pair)) return JSON.stringify({ struct: pairs });
    const type: unknown = pair[1];
    const value = { [inspect.custom]: (inner: number, given: InspectOptions) => descriptionText(type, inner, given) };
    // An assignment to '__proto__' would set the prototype.
    objectDefineProperty(fields, String(pair[0]), { value, enumerable: true });
  }
  return `struct ${inspect(fields, { ...options, depth })}`;
}
