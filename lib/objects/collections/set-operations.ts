/** What the operations of sets take: a Set, a PersistentSet, a Map. */
export interface SetLike<T> {
  readonly size: number;
  has(element: T): boolean;
  keys(): Iterator<T>;
}

/** A set with elements that are added one by one. */
interface Growing<T> extends SetLike<T>, Iterable<T> {
  add(element: T): unknown;
}

export function* elementsIn<T>(set: SetLike<T>): Iterable<T> {
  const keys = set.keys();
  for (let next = keys.next(); next.done !== true; next = keys.next()) yield next.value;
}

/** Adds the elements that `wanted` accepts. */
export function addAll<T, S extends Growing<T>>(to: S, from: Iterable<T>, wanted: (element: T) => boolean): S {
  for (const element of from) if (wanted(element)) to.add(element);
  return to;
}

export function everyIn<T>(from: Iterable<T>, holds: (element: T) => boolean): boolean {
  for (const element of from) if (!holds(element)) return false;
  return true;
}
