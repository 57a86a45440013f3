import type { Random } from '../../../versions/random.ts';
import type { Any, WireLibrary } from './library.ts';

export const NODES = ['a', 'b', 'c'] as const;
const KEYS = ['k', 'l', 'm', 'n'];

const shownNode = (node: Any): unknown => (node === undefined ? null : [node.n, node.text, node.next?.n ?? null]);

/** What can be read of a root, each by a name. */
const PARTS: { readonly [name: string]: (root: Any) => unknown } = {
  a: (root) => shownNode(root.a),
  b: (root) => shownNode(root.b),
  c: (root) => shownNode(root.c),
  keys: (root) => Object.keys(root),
  map: (root) => [...root.map].map(([key, node]) => [key, node.n]),
  entry: (root) => root.map.get('l')?.n ?? null,
  size: (root) => root.map.size,
  first: (root) => [...root.map.keys({ limit: 1 })],
  last: (root) => [...root.map.keys({ reverse: true, limit: 1 })],
  range: (root) => [...root.map.range({ gte: 'l', lt: 'n' })].map(([key, node]) => [key, node.text]),
  list: (root) => [...root.list],
  element: (root) => root.list.at(-1) ?? null,
  length: (root) => root.list.length,
  count: (root) => root.count.value,
};

export const PART_NAMES: readonly string[] = Object.keys(PARTS);

/** A part of a root, as text. */
export function shown(root: Any, part: string): string {
  return JSON.stringify((PARTS[part] as (root: Any) => unknown)(root));
}

/** The stamps of the transactions that have been committed. Each of them has added 1 to the count. */
export function stampsOf(root: Any): string[] {
  const stamps = [...root.stamps.keys()];
  if (root.count.value !== stamps.length) {
    throw new Error(`${stamps.length} transactions were committed, and the count is ${root.count.value}`);
  }
  return stamps;
}

/** What a new store has. */
export function fill(root: Any, { Node, PersistentMap, PersistentList, Counter }: WireLibrary): void {
  root.a = new Node({ n: 1, text: 'a' });
  root.b = new Node({ n: 2, text: 'b', next: root.a });
  root.map = new PersistentMap([['k', root.a]]);
  root.list = new PersistentList([1, 2]);
  root.count = new Counter();
  root.stamps = new PersistentMap();
}

/** Changes something, at random. */
export function change(root: Any, random: Random, { Node }: WireLibrary): void {
  const [name, other] = [random.pick(NODES), random.pick(NODES)];
  const key = random.pick(KEYS);
  const changes = [
    () => {
      if (root[name] === undefined) root[name] = new Node({ n: 0, text: name });
      else root[name].n += 1;
    },
    () => delete root[name],
    () => {
      if (root[name] !== undefined) root[name].next = root[other];
    },
    () => root.map.set(key, new Node({ n: random.below(100), text: key })),
    () => root[name] !== undefined && root.map.set(key, root[name]),
    () => root.map.delete(key),
    () => {
      const node = root.map.get(key);
      if (node !== undefined) node.n += 1;
    },
    () => root.list.push(random.below(100)),
    () => root.list.length > 0 && root.list.pop(),
    () => root.list.insert(0, random.below(100)),
  ];
  random.pick(changes)();
}
