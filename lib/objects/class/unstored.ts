import { invalidType, invalidValue } from '../../base/errors.ts';
import { attach, ObjectHandle } from '../handle.ts';
import type { Definition } from '../model.ts';
import { UNSTORED } from '../view/view.ts';
import { assignField, emptyDraft } from './fields.ts';

const { hasOwn, keys } = Object;

/**
 * Makes an object that a program has constructed persistent: it is stored when something that is stored refers to it. `args`: what the
 * constructor got, if it has none of its own.
 */
export function makeUnstored(definition: Definition, object: object, args: readonly unknown[]): void {
  const { name, fields, byName, generated, options } = definition;
  const handle = new ObjectHandle(definition, object, UNSTORED);
  handle.draft = emptyDraft(definition, undefined);
  // What its constructor has assigned stands as properties: there was no handle yet.
  const early: [index: number, value: unknown][] = [];
  for (const field of fields) {
    if (!hasOwn(object, field.name)) continue;
    early.push([field.index, (object as Record<string, unknown>)[field.name]]);
    delete (object as Record<string, unknown>)[field.name];
  }
  new generated.Accessors(object, handle);
  attach(object, handle);
  for (const [index, value] of early) if (value !== undefined) assignField(handle, index, value);
  const [given] = args;
  if (given !== undefined) {
    if (typeof given !== 'object' || given === null)
      throw invalidType(`what new ${name}() takes`, 'an object with the fields', given);
    for (const key of keys(given)) {
      const field = byName.get(key);
      if (field === undefined) {
        throw invalidValue(
          `'${name}' has no field '${key}': it has ${fields.map((each) => each.name).join(', ') || 'none'}`,
        );
      }
      assignField(handle, field.index, (given as Record<string, unknown>)[key]);
    }
  }
  for (const field of fields) {
    const initial = options.defaults?.[field.name];
    if (initial !== undefined && handle.draft[field.name] === undefined) assignField(handle, field.index, initial);
  }
}
