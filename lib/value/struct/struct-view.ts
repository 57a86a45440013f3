import { invalidType } from '../../base/errors.ts';
import { inspectAs, tagAs, wholly } from '../../base/inspect.ts';
import { inspect } from '../../base/platform.ts';
import { objectDefineProperty, objectGetPrototypeOf, weakMapGet, weakMapSet } from '../../base/primordials.ts';
import { MARK, type Marked, madeByCopying } from '../../base/uncloneable.ts';
import type { Lease } from '../../lease/lease.ts';
import { inspectable, lengthOf, ONLY_VALUE } from '../../lease/sink.ts';
import { isListView, listOn } from './list.ts';
import { PLACE, type RecordPlace, recordAccess } from './record-place.ts';
import { unreadable } from './unreadable.ts';

const { hasOwn } = Object;

/** A field of a struct as its views need it. */
export interface ViewField {
  readonly name: string;
  readonly get: (this: never) => unknown;
  /** What `toObject` and `toJSON` make of what `get` gives. */
  readonly plain: (value: unknown) => unknown;
  readonly json: (value: unknown) => unknown;
  /** Whether it is a list or a struct, which has an inspection of its own. */
  readonly nested: boolean;
}

/** One schema, as its views need it. */
interface ViewSchema {
  readonly fields: readonly ViewField[];
  readonly make: (lease: Lease, at: number) => StructView;
  /** For as long as the class is there: see `keepHiddenClass`. */
  readonly kept: StructView;
}

/** The schema of each view class, by its prototype. It is not a property of the prototype, since a field could have that name. */
const schemas = new WeakMap<object, ViewSchema>();

export function registerViewClass(prototype: StructView, schema: ViewSchema): void {
  weakMapSet(schemas, prototype, schema);
}

function schemaOf(view: object): ViewSchema | undefined {
  return weakMapGet(schemas, objectGetPrototypeOf(view) as object);
}

/** The same for any object, since a method can be called on anything. */
function checkedSchemaOf(view: unknown): ViewSchema {
  const schema = typeof view === 'object' && view !== null ? schemaOf(view) : undefined;
  if (schema === undefined) throw invalidType('this', 'the view of a struct record', view);
  return schema;
}

/**
 * The base of the prototypes of all views of struct records. A view has a place. Its schema has a class, whose prototype has a getter for
 * each field. Nothing is read before a getter is called.
 */
export class StructView {
  /**
   * All fields: bytes as Uint8Array, lists as arrays, structs as objects; optional fields that are absent are left out.
   */
  toObject(): object {
    return plainOf(this);
  }

  /** All fields as JSON holds them: bytes in hexadecimal, dates in ISO 8601, 64-bit integers as decimal text if unsafe. */
  toJSON(): object {
    return jsonOf(this);
  }
}

inspectAs(StructView.prototype, (view, depth, options) => {
  if (depth < 0) return '[Struct]';
  return inspectable(() => {
    const { lease, at, span } = recordAccess.place(view);
    lengthOf(lease, at, span);
    return `Struct ${inspect(
      collect(view, (field, value) => (field.nested ? value : field.plain(value)), unreadable),
      { ...options, depth },
    )}`;
  }, 'Struct');
});

tagAs(StructView.prototype, 'Struct', (view) => wholly(plainOf(view)));

/** Whether `value` is a view of a struct record. Runs no user code except the traps of a Proxy. */
export function isStructView(value: object): value is StructView {
  return schemaOf(value) !== undefined && hasOwn(value, PLACE);
}

/**
 * Throws `ERR_INVALID_ARG_VALUE` for a copy of a view's own properties (`{ ...view, age: 42 }`, `Object.assign({}, view)`). Such a copy
 * has none of the record's fields, which would be lost silently. Throws for a sink, a List and an entry too, since they are not
 * records. `what` is its name in the error.
 */
export function refuseViewCopy(value: object, what: string): void {
  if (hasOwn(value, MARK) && schemaOf(value) === undefined) throw madeByCopying(what, (value as Marked)[MARK]);
}

/** `keep()` of a view or a List of `record`: itself, or a new private one in a scan. */
export function keepView<V extends object>(view: V, record: RecordPlace): V {
  const kept = recordAccess.keep(record);
  if (kept === undefined) return view;
  return (isListView(view) ? listOn(kept, view) : checkedSchemaOf(view).make(kept, ONLY_VALUE)) as V;
}

/** `toObject` of a view, whatever fields it has. */
export function plainOf(view: StructView): object {
  return collect(view, (field, value) => field.plain(value));
}

/** `toJSON` of a view, whatever fields it has. */
export function jsonOf(view: StructView): object {
  return collect(view, (field, value) => field.json(value));
}

/** A plain object of the fields of a view that are present, after `show`. */
function collect(
  view: StructView,
  show: (field: ViewField, value: unknown) => unknown,
  failed?: (error: unknown) => unknown,
): object {
  const plain = {};
  const { fields } = checkedSchemaOf(view);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as ViewField;
    let value: unknown;
    try {
      value = field.get.call(view as never);
      if (value !== undefined) value = show(field, value);
    } catch (error) {
      if (failed === undefined) throw error;
      value = failed(error);
    }
    if (value === undefined) continue;
    // An assignment to '__proto__' would set the prototype.
    objectDefineProperty(plain, field.name, { value, enumerable: true, configurable: true, writable: true });
  }
  return plain;
}
