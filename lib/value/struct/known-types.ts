import { invalidValue } from '../../base/errors.ts';
import { emptyRecord } from '../../base/primordials.ts';
import type { AnyFieldType } from './field-description.ts';

/** Makes the type of a description `{ NAME: inner }`; undefined if `inner` is none. It may go `levels` deeper. */
type MakeType = (inner: unknown, levels: number) => AnyFieldType | undefined;

const named = emptyRecord<AnyFieldType | undefined>();
const makers = emptyRecord<MakeType | undefined>();

/** Makes a type known by the name that the database remembers of it. */
export function registerType(name: string, type: AnyFieldType): void {
  if (named[name] !== undefined) throw invalidValue(`there is a field type '${name}' already`);
  named[name] = type;
}

/** The same for a kind of types that are made of others. */
export function registerKind(name: string, make: MakeType): void {
  makers[name] = make;
}

/**
 * The type that a remembered description speaks of; undefined for what a newer leasehold may have written. It may go
 * `levels` deep.
 */
export function typeOf(description: unknown, levels: number): AnyFieldType | undefined {
  if (typeof description === 'string') return named[description];
  if (typeof description !== 'object' || description === null || levels === 0) return undefined;
  const [name, ...more] = Object.keys(description);
  if (name === undefined || more.length > 0) return undefined;
  return makers[name]?.((description as Record<string, unknown>)[name], levels);
}
