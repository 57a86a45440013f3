import { invalidType, invalidValue } from '../../base/errors.ts';
import { OwnMap } from '../../base/own-map.ts';
import { utf8ByteLength } from '../../base/platform.ts';
import { weakMapGet, weakMapSet } from '../../base/primordials.ts';
import { coderOf } from '../../value/struct/field.ts';
import type { AnyFieldType } from '../../value/struct/field-description.ts';
import { t as structTypes } from '../../value/struct/field-type.ts';
import { type StructCodec, struct } from '../../value/struct/struct.ts';
import type { Definition, FieldDefinition, ViewTxn } from '../model.ts';
import { isObjectField, type ObjectFields } from './field.ts';
import { generate } from './generated.ts';
import { addPersistentPrototype } from './under-construction.ts';

/** What leasehold's own persistent classes have beside the options. */
export interface OwnOptions {
  readonly onStore?: ((object: object, txn: ViewTxn) => void) | undefined;
  /** See `Definition.make`. */
  readonly make?: () => object;
  readonly fill?: ((object: object, initial: unknown) => void) | undefined;
  /** Whether nobody but the constructor sets its fields. */
  readonly isFixed?: boolean;
}

const MOST_NAME_BYTES = 500;

/** The definitions by name and by alias. */
const byName = new OwnMap<string, Definition>();
/** The definition of each class that programs construct. */
const byClass = new WeakMap<object, Definition>();

/** The definition of a name or alias; undefined if the program has registered none. */
export function definitionNamed(name: string): Definition | undefined {
  return byName.get(name);
}

/** Calls `fn` with the definition of each class that the program has registered, once for its name and for each alias. */
export function forEachDefinition(fn: (definition: Definition) => void): void {
  byName.forEach(fn);
}

/** The definition of a class that `persistent` has made; undefined for anything else. */
export function definitionOf(value: unknown): Definition | undefined {
  return typeof value === 'function' ? weakMapGet(byClass, value) : undefined;
}

/** Whether a name is that of one of leasehold's own classes. */
export function isOwnName(name: string): boolean {
  return name.startsWith('leasehold.');
}

/** Adds a class. `ERR_INVALID_ARG_VALUE` if its name or an alias is taken. */
export function register(definition: Definition, of: object): void {
  for (const name of [definition.name, ...(definition.options.aliases ?? [])]) {
    if (byName.has(name)) {
      throw invalidValue(
        `a persistent class '${name}' is there already: register each class once, in a module of its own that others import`,
      );
    }
  }
  byName.set(definition.name, definition);
  for (const alias of definition.options.aliases ?? []) byName.set(alias, definition);
  weakMapSet(byClass, of, definition);
}

/** Checks a class's name, and the aliases. */
export function checkClassName(name: unknown, what: string): asserts name is string {
  if (typeof name !== 'string') throw invalidType(what, 'a string', name);
  const length = utf8ByteLength(name);
  if (length === 0 || length > MOST_NAME_BYTES || !name.isWellFormed()) {
    throw invalidValue(
      `${what} must have from 1 to ${MOST_NAME_BYTES} bytes and no lone surrogate; this one has ${length} bytes`,
    );
  }
}

/** The fields of a class: those of the class that it extends, then its own. */
export function defineFields(
  className: string,
  given: ObjectFields,
  inherited: readonly FieldDefinition[],
  isFixed: boolean,
): readonly FieldDefinition[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidType('fields', 'an object of types', given);
  }
  const fields = [...inherited];
  for (const name of Object.keys(given)) {
    if (fields.some((field) => field.name === name)) {
      throw invalidValue(`the class '${className}' has a field '${name}' already, from the class that it extends`);
    }
    fields.push({ ...defineField(name, given[name]), index: fields.length, isFixed });
  }
  return fields;
}

function defineField(name: string, given: unknown): Omit<FieldDefinition, 'index' | 'isFixed'> {
  if (isObjectField(given)) {
    const { kind, isOptional, target } = given;
    const type = structTypes.optional(kind === 'reference' ? structTypes.f64 : (structTypes.bytes as never));
    return { name, kind, isOptional, type: type as AnyFieldType, target };
  }
  const type = given as AnyFieldType;
  coderOf(type, `the type of field '${name}'`);
  const kind = typeof type.description === 'string' || isOptionalScalar(type.description) ? 'scalar' : 'view';
  return { name, kind, isOptional: type.optional, type, target: undefined };
}

function isOptionalScalar(description: unknown): boolean {
  return typeof description === 'object' && description !== null && 'optional' in description
    ? typeof description.optional === 'string'
    : false;
}

/** The parts of a definition that follow from its fields. */
export function layOutClass(
  fields: readonly FieldDefinition[],
): Pick<Definition, 'fields' | 'byName' | 'isScalar' | 'plainFields' | 'codec' | 'generated'> {
  const types: Record<string, AnyFieldType> = Object.create(null);
  for (const { name, type } of fields) {
    Object.defineProperty(types, name, { value: type, enumerable: true, configurable: true, writable: true });
  }
  return {
    fields,
    byName: named(fields),
    isScalar: fields.every(({ kind }) => kind === 'scalar' || kind === 'view'),
    plainFields: fields.filter(({ kind }) => kind === 'plain'),
    codec: struct(types) as unknown as StructCodec<never>,
    generated: generate(fields),
  };
}

function named(fields: readonly FieldDefinition[]): OwnMap<string, FieldDefinition> {
  const byName = new OwnMap<string, FieldDefinition>();
  for (const field of fields) byName.set(field.name, field);
  return byName;
}

/** Puts the accessors of the fields on the prototype of a class. */
export function putAccessors(prototype: object, { fields, generated }: Pick<Definition, 'fields' | 'generated'>): void {
  addPersistentPrototype(prototype);
  for (const { name } of fields) {
    const accessor = Object.getOwnPropertyDescriptor(generated.Accessors.prototype, name) as PropertyDescriptor;
    Object.defineProperty(prototype, name, { ...accessor, enumerable: true });
  }
}
