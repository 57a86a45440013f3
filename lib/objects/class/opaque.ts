import { inspectAs } from '../../base/inspect.ts';
import { DEEPEST } from '../../value/struct/field-coder.ts';
import type { AnyFieldType } from '../../value/struct/field-description.ts';
import { typeOf } from '../../value/struct/known-types.ts';
import { definitionIn, handleOf } from '../handle.ts';
import type { Definition, StoredField } from '../model.ts';
import { layOutClass, putAccessors } from './definition.ts';
import { shownFieldsOf } from './looks.ts';
import { refuseUndeclared } from './undeclared.ts';

/**
 * An object of a class that the program has not registered. Its fields can be read, and it can be referred to and moved; it is stored as it
 * is. To change it, register its class.
 */
export class OpaqueObject {
  /** The name of the class. */
  get className(): string {
    const handle = handleOf(this);
    return handle === undefined ? '' : definitionIn(handle).name;
  }

  static {
    refuseUndeclared(OpaqueObject.prototype, undefined);
    inspectAs(OpaqueObject.prototype, (self) => ({ [`(opaque) ${self.className}`]: shownFieldsOf(self) }));
  }
}

/** A definition that is made of what the store remembers of a class. */
export function opaqueDefinition(name: string, stored: readonly StoredField[]): Definition {
  const fields = stored.map(({ name, kind, description }, index) => {
    const type = typeOf(description, DEEPEST) as AnyFieldType;
    return { name, index, kind, isOptional: type.optional, type, target: undefined, isFixed: false };
  });
  const laid = layOutClass(fields);
  const prototype = Object.create(OpaqueObject.prototype) as object;
  putAccessors(prototype, laid);
  return {
    name,
    ...laid,
    options: {},
    isOpaque: true,
    extends: () => false,
    onLoad: undefined,
    onStore: undefined,
    fill: undefined,
    make: () => Object.create(prototype) as object,
  };
}
