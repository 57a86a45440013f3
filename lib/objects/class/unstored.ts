import { invalidType, invalidValue } from '../../base/errors.ts';
import { handleOf, slots } from '../handle.ts';
import { type Definition, type Draft, type GeneratedClasses, VALUES } from '../model.ts';
import { homeOfUnstored } from '../view/view.ts';
import { emptyDraft, takeField } from './fields.ts';

const { getPrototypeOf, hasOwn, keys, prototype: objectPrototype } = Object;

/**
 * Makes an object that a program has constructed persistent: it is stored when something that is stored refers to it. `args`: what the
 * constructor got, if it has none of its own.
 */
export function makeUnstored(definition: Definition, object: object, args: readonly unknown[]): void {
  const { name, fields, generated, options } = definition;
  let draft = emptyDraft(definition, undefined);
  const early = takeEarly(definition, object);
  if (early !== undefined) for (const [index, value] of early) setField(definition, draft, index, value);
  const [given] = args;
  if (given !== undefined) {
    if (typeof given !== 'object' || given === null)
      throw invalidType(`what new ${name}() takes`, 'an object with the fields', given);
    const take = (index: number, value: unknown): unknown => takeField(definition, index, value);
    if (early !== undefined) setFields(definition, draft, given);
    else if (!isFilled(draft, generated, given, take)) {
      draft = emptyDraft(definition, undefined);
      setFields(definition, draft, given);
    }
  }
  if (options.defaults !== undefined) {
    for (const field of fields) {
      const initial = options.defaults[field.name];
      if (initial !== undefined && draft[field.name] === undefined) setField(definition, draft, field.index, initial);
    }
  }
  // Last, so that getters of what was given cannot store the object in halves.
  if (handleOf(object) !== undefined)
    throw invalidValue(`the constructor of '${name}' returns an object that is persistent already`);
  slots.put(object, homeOfUnstored(definition), 0, draft);
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

function setFields(definition: Definition, draft: Draft, given: object): void {
  const { name, fields, byName, options } = definition;
  for (const key of keys(given)) {
    const field = byName.get(key);
    if (field === undefined) {
      throw invalidValue(
        `'${name}' has no field '${key}': it has ${fields.map((each) => each.name).join(', ') || 'none'}`,
      );
    }
    const value = (given as Record<string, unknown>)[key];
    // As with a parameter, undefined gives the default.
    if (value !== undefined || options.defaults?.[key] === undefined) setField(definition, draft, field.index, value);
  }
}

/** What the constructor of a class has assigned: it stands as properties, since it was no handle yet. */
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
function setField(definition: Definition, draft: Draft, index: number, value: unknown): void {
  draft[VALUES][index] = takeField(definition, index, value);
}
