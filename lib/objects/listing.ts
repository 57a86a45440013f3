import { invalidType } from '../base/errors.ts';
import { bareArray } from '../base/primordials.ts';
import { definitionOf } from './class/definition.ts';
import { OpaqueObject } from './class/opaque.ts';
import { Condemned } from './garbage/condemned.ts';
import { type Definition, STORED, type State } from './model.ts';
import type { ObjectBase } from './object-base.ts';
import type { StoreView } from './view/view.ts';

/** The objects of a class that a view sees. */
export function* allOf(view: StoreView, of: unknown): Generator<object> {
  const wanted = definitionOf(of);
  if (wanted === undefined && of !== OpaqueObject) throw invalidType('the class', 'a persistent class', of);
  const base = view.base as ObjectBase;
  let last = 0;
  for (let isMore = true; isMore; ) {
    view.flush();
    const txn = view.transaction();
    const condemned = new Condemned(base, txn);
    const found: { readonly id: number; readonly state: State }[] = bareArray();
    let count = 0;
    for (const { key, value } of base.objects.range({ gt: last, limit: MOST_AT_ONCE }, txn)) {
      last = key;
      count++;
      if (!condemned.has(key) && isOf(value[STORED].definition, wanted, of))
        found[found.length] = { id: key, state: value };
    }
    isMore = count === MOST_AT_ONCE;
    for (let i = 0; i < found.length; i++) {
      const { id, state } = found[i] as (typeof found)[number];
      const object = view.transaction() === txn ? view.made(id, state) : view.find(id);
      if (object !== undefined) yield object;
    }
  }
}

/** How many objects are looked at in one go: what the program does with one of them may end the transaction in which they were found. */
const MOST_AT_ONCE = 64;

/** Whether a class is one of which objects are wanted. */
export function isOf(definition: Definition, wanted: Definition | undefined, of: unknown): boolean {
  if (wanted === undefined) return definition.isOpaque;
  return definition === wanted || (!definition.isOpaque && definition.extends(of));
}
