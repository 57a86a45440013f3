/** Adds an item to a set, and returns a function that takes it out. */
export function added<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => {
    set.delete(item);
  };
}
