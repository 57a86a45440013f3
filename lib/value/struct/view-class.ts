import { append, objectDefineProperty, objectSetPrototypeOf } from '../../base/primordials.ts';
import { MARK, type Marked, VIEW } from '../../base/uncloneable.ts';
import { type Lease, NO_LEASE } from '../../lease/lease.ts';
import type { Span } from '../../lease/sink.ts';
import { PLACE, RecordPlace } from './record-place.ts';
import type { Field } from './schema.ts';
import { registerViewClass, StructView, type ViewField } from './struct-view.ts';

type ViewClass = new (lease: Lease, at: number, span: Span | null) => StructView;

/**
 * The class of the views of one schema.
 *
 * The class does not extend StructView. The constructor of a derived class calls the prototype of the class, which a program can
 * replace, and would pass the lease to it.
 */
export function viewClass(laid: readonly Field[]): ViewClass {
  class View {
    constructor(lease: Lease, at: number, span: Span | null) {
      (this as unknown as { [PLACE]: RecordPlace })[PLACE] = new RecordPlace(lease, at, span);
      (this as unknown as Marked)[MARK] = VIEW;
    }
  }
  const prototype = View.prototype as unknown as StructView;
  objectSetPrototypeOf(prototype, StructView.prototype);
  const fields: ViewField[] = [];
  for (let i = 0; i < laid.length; i++) {
    const { name, type, end } = laid[i] as Field;
    const get = type.getter(end);
    append(fields, { name, get, plain: type.plain, json: type.json, nested: type.depth > 0 });
    objectDefineProperty(prototype, name, { get, enumerable: true, configurable: true });
  }
  const Views = View as unknown as ViewClass;
  registerViewClass(prototype, {
    fields,
    make: valueView(Views),
    kept: new Views(NO_LEASE, 0, null),
  });
  return Views;
}

/** Makes `view` of the codec of one schema. */
export function valueView(Views: ViewClass): (lease: Lease, at: number) => StructView {
  return (lease, at) => new Views(lease, at, null);
}
