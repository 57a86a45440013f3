import { numberOf } from '../class/looks.ts';
import { handleOf, slots, viewOf } from '../handle.ts';
import type { Handle } from '../model.ts';
import { anyElement, ObjectKey } from './object-key.ts';
import type { Row } from './pending-rows.ts';
import type { Rows } from './rows.ts';

/**
 * The key of an element of a set. That of a persistent object is its id. While the set is not stored, it is a number of its own: the object may have no id yet, and
 * one that it has may be taken back. Undefined for an object that is no element, since it is not stored in the store of the set.
 */
export function keyOfElement(set: object, rows: Rows, element: unknown): unknown {
  const handle = rows.codec === anyElement ? handleOf(element) : undefined;
  if (handle === undefined) return element;
  if (rows.reading === undefined) return new ObjectKey(numberOf(handle));
  const id = slots.id(handle);
  return id !== 0 && viewOf(handle).base === viewOf(set as Handle).base ? new ObjectKey(id) : undefined;
}

/** Adds an element that is absent. `path` is for errors. */
export function addElement(set: object, rows: Rows, element: unknown, path: string): void {
  const isObject = rows.codec === anyElement && handleOf(element) !== undefined;
  if (!isObject) rows.set(element, true, path);
  else if (rows.reading === undefined) rows.set(keyOfElement(set, rows, element), element, path);
  else {
    const view = viewOf(set as Handle);
    view.changeRows(path, (txn) => rows.set(new ObjectKey(view.referTo(element as object, txn)), element, path));
  }
}

/** The element of a row. */
export function elementOf(set: object, rows: Rows, { raw, value }: Row): unknown {
  const key = rows.keyOf(raw);
  if (!(key instanceof ObjectKey)) return key;
  return handleOf(value) === undefined ? viewOf(set as Handle).object(key.id) : value;
}
