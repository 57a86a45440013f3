import { invalidType, invalidValue } from '../../base/errors.ts';
import { handleOf, ObjectHandle } from '../handle.ts';
import { type Definition, type Draft, type GeneratedClasses, VALUES } from '../model.ts';
import { UNSTORED } from '../view/view.ts';
import { emptyDraft, takeField } from './fields.ts';

const { getPrototypeOf, hasOwn, keys, prototype: objectPrototype } = Object;

/**
 * Makes an object that a program has constructed persistent: it is stored when something that is stored refers to it. `args`: what the
 * constructor got, if it has none of its own.
 */
export function makeUnstored(definition: Definition, object: object, args: readonly unknown[]): void {
  const { name, fields, generated, options } = definition;
  if (handleOf(object) !== undefined)
    throw invalidValue(`the constructor of '${name}' returns an object that is persistent already`);
  const handle = new ObjectHandle(definition, object, UNSTORED);
  handle.draft = emptyDraft(definition, undefined);
  const early = takeEarly(definition, object);
  new generated.Accessors(object, handle);
  if (early !== undefined) for (const [index, value] of early) setField(handle, index, value);
  const [given] = args;
  if (given !== undefined) {
    if (typeof given !== 'object' || given === null)
      throw invalidType(`what new ${name}() takes`, 'an object with the fields', given);
    const take = (index: number, value: unknown): unknown => takeField(definition, index, value);
    if (early !== undefined) setFields(handle, given);
    else if (!isFilled(handle.draft, generated, given, take)) {
      handle.draft = emptyDraft(definition, undefined);
      setFields(handle, given);
    }
  }
  if (options.defaults === undefined) return;
  for (const field of fields) {
    const initial = options.defaults[field.name];
    if (initial !== undefined && handle.draft[field.name] === undefined) setField(handle, field.index, initial);
  }
}

/** Puts the fields of a plain object into a draft in the way that is fastest. False, and the draft is of no use, if the object has anything else. */
function isFilled(
  draft: Draft,
  { fill }: GeneratedClasses,
  given: object,
  take: (index: number, value: unknown) => unknown,
): boolean {
  return (
    fill !== undefined &&
    getPrototypeOf(given) === objectPrototype &&
    fill(draft[VALUES], given, take) === keys(given).length
  );
}

function setFields(handle: ObjectHandle, given: object): void {
  const { name, fields, byName } = handle.definition;
  for (const key of keys(given)) {
    const field = byName.get(key);
    if (field === undefined) {
      throw invalidValue(
        `'${name}' has no field '${key}': it has ${fields.map((each) => each.name).join(', ') || 'none'}`,
      );
    }
    setField(handle, field.index, (given as Record<string, unknown>)[key]);
  }
}

/** What the constructor of a class has assigned: it stands as properties, since there was no handle yet. */
function takeEarly({ fields }: Definition, object: object): [index: number, value: unknown][] | undefined {
  if (keys(object).length === 0) return undefined;
  const early: [index: number, value: unknown][] = [];
  for (const { name, index } of fields) {
    if (!hasOwn(object, name)) continue;
    const value = (object as Record<string, unknown>)[name];
    if (value !== undefined) early.push([index, value]);
    delete (object as Record<string, unknown>)[name];
  }
  return early;
}

/** Sets a field of an object that nothing refers to yet. */
function setField(handle: ObjectHandle, index: number, value: unknown): void {
  (handle.draft as Draft)[VALUES][index] = takeField(handle.definition, index, value);
}
