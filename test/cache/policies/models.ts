// Obvious forms of the policies: arrays, searched from one end to the other.
import { BuddyAllocator } from '../../../lib/cache/structures/buddy-allocator.ts';
import { FrequencySketch } from '../../../lib/cache/structures/frequency-sketch.ts';

export interface Item {
  key: number;
  size: number;
  /** Whatever the model notes of it. */
  mark: number;
}

export interface Model {
  access(key: number, size: number): boolean;
  remove(key: number): void;
  contents(): Item[];
}

const bytesOf = (items: readonly { size: number }[]): number => items.reduce((sum, { size }) => sum + size, 0);

/** A model whose items lie in arrays, the oldest first. `hit` is given the array that has the item. */
function ofLists(
  lists: Item[][],
  largest: number,
  hit: (item: Item, list: Item[]) => void,
  admit: (item: Item) => void,
): Model {
  const listOf = (key: number) => lists.find((list) => list.some((item) => item.key === key));
  return {
    access(key, size) {
      const list = listOf(key);
      if (list !== undefined) hit(list.find((item) => item.key === key) as Item, list);
      else if (size <= largest) admit({ key, size, mark: 0 });
      return list !== undefined;
    },
    remove(key) {
      const list = listOf(key);
      if (list !== undefined) take(list, key);
    },
    contents: () => lists.flat(),
  };
}

function take(list: Item[], key: number): Item {
  const [item] = list.splice(
    list.findIndex((item) => item.key === key),
    1,
  );
  return item as Item;
}

/** Makes an item the newest one. */
function renew(item: Item, list: Item[]): void {
  list.push(take(list, item.key));
}

function queue(capacity: number, hit: (item: Item, list: Item[]) => void, isSpared: (item: Item) => boolean): Model {
  const list: Item[] = [];
  return ofLists([list], capacity, hit, (item) => {
    while (bytesOf(list) + item.size > capacity) {
      const oldest = list.shift() as Item;
      if (isSpared(oldest)) list.push(oldest);
    }
    list.push(item);
  });
}

const nothing = (): void => {};
const mark = (item: Item): void => {
  item.mark = 1;
};

export const lru = (capacity: number): Model => queue(capacity, renew, () => false);
export const fifo = (capacity: number): Model => queue(capacity, nothing, () => false);
export const clock = (capacity: number): Model =>
  queue(capacity, mark, (item) => {
    const isSpared = item.mark === 1;
    item.mark = 0;
    return isSpared;
  });

export function sieve(capacity: number): Model {
  const list: Item[] = [];
  // The key of the item that the hand points to.
  let hand: number | undefined;
  const model = ofLists([list], capacity, mark, (item) => {
    while (bytesOf(list) + item.size > capacity) {
      let at = hand === undefined ? 0 : list.findIndex(({ key }) => key === hand);
      for (; (list[at] as Item).mark === 1; at = (at + 1) % list.length) (list[at] as Item).mark = 0;
      hand = list[at + 1]?.key;
      list.splice(at, 1);
    }
    list.push(item);
  });
  const { remove } = model;
  model.remove = (key) => {
    if (key === hand) hand = list[list.findIndex((item) => item.key === key) + 1]?.key;
    remove(key);
  };
  return model;
}

export function twoQ(capacity: number): Model {
  const fresh: Item[] = [];
  const main: Item[] = [];
  const left: Item[] = [];
  const hit = (item: Item, list: Item[]): void => {
    if (list === main) renew(item, list);
  };
  return ofLists([fresh, main], capacity, hit, (item) => {
    const isKnown = left.some(({ key }) => key === item.key);
    if (isKnown) take(left, item.key);
    while (bytesOf([...fresh, ...main]) + item.size > capacity) {
      if (bytesOf(fresh) <= capacity / 4 && main.length > 0) main.shift();
      else {
        left.push(fresh.shift() as Item);
        while (bytesOf(left) > capacity / 2) left.shift();
      }
    }
    (isKnown ? main : fresh).push(item);
  });
}

export function arc(capacity: number): Model {
  const t1: Item[] = [];
  const t2: Item[] = [];
  const b1: Item[] = [];
  const b2: Item[] = [];
  let target = 0;
  const hit = (item: Item, list: Item[]): void => {
    t2.push(take(list, item.key));
  };
  return ofLists([t1, t2], capacity, hit, (item) => {
    const in1 = b1.some(({ key }) => key === item.key);
    const in2 = b2.some(({ key }) => key === item.key);
    if (in1) target = Math.min(capacity, target + item.size * Math.max(1, bytesOf(b2) / bytesOf(b1)));
    if (in2) target = Math.max(0, target - item.size * Math.max(1, bytesOf(b1) / bytesOf(b2)));
    if (in1) take(b1, item.key);
    if (in2) take(b2, item.key);
    while (bytesOf([...t1, ...t2]) + item.size > capacity) {
      const size = bytesOf(t1);
      if (size > 0 && (size > target || (in2 && size === target) || t2.length === 0)) b1.push(t1.shift() as Item);
      else b2.push(t2.shift() as Item);
    }
    (in1 || in2 ? t2 : t1).push(item);
    while (b1.length > 0 && bytesOf([...t1, ...b1]) > capacity) b1.shift();
    while (b2.length > 0 && bytesOf([...t1, ...t2, ...b1, ...b2]) > 2 * capacity) b2.shift();
  });
}

export function gdsf(capacity: number): Model {
  const list: (Item & { rank: number })[] = [];
  let age = 0;
  const rank = (item: Item): void => {
    item.mark++;
    (item as Item & { rank: number }).rank = age + item.mark / item.size;
    renew(item, list);
  };
  return ofLists([list], capacity, rank, (item) => {
    while (bytesOf(list) + item.size > capacity) {
      age = Math.min(...list.map(({ rank }) => rank));
      list.splice(
        list.findIndex(({ rank }) => rank === age),
        1,
      );
    }
    list.push(item as Item & { rank: number });
    rank(item);
  });
}

export function pages(capacity: number): Model {
  // A page: its size, how far it is filled, and its items.
  const all: { size: number; used: number; items: Item[] }[] = [];
  let open: (typeof all)[number] | undefined;
  const pageOf = (key: number) => all.find(({ items }) => items.some((item) => item.key === key));
  const drop = (page: (typeof all)[number]): void => {
    all.splice(all.indexOf(page), 1);
    if (page === open) open = undefined;
  };
  return {
    access(key, size) {
      let page = pageOf(key);
      const isHit = page !== undefined;
      const needed = Math.ceil(size / 4096) * 4096;
      if (page === undefined) {
        if (needed > capacity) return false;
        if (open === undefined || open.used + size > open.size) {
          while (bytesOf(all) + needed > capacity) drop(all[0] as (typeof all)[number]);
          page = { size: needed, used: 0, items: [] };
          all.push(page);
          if (needed === 4096) open = page;
        } else page = open;
        page.used += size;
        page.items.push({ key, size, mark: 0 });
      }
      all.push(...all.splice(all.indexOf(page), 1));
      return isHit;
    },
    remove(key) {
      const page = pageOf(key);
      if (page === undefined) return;
      take(page.items, key);
      if (page.items.length === 0) drop(page);
    },
    contents: () => all.flatMap(({ items }) => items),
  };
}

/** Two files of half the capacity. `mark` of an item that was removed is 1: it still takes room. */
export function twoFiles(capacity: number, copies = false): Model {
  let files: [current: Item[], other: Item[]] = [[], []];
  const alive = () => files.flat().filter((item) => item.mark === 0);
  const add = (item: Item): void => {
    if (bytesOf(files[0]) + item.size > Math.floor(capacity / 2)) files = [[], files[0]];
    files[0].push(item);
  };
  return {
    access(key, size) {
      const found = alive().find((item) => item.key === key);
      if (found === undefined) {
        if (size <= Math.floor(capacity / 2)) add({ key, size, mark: 0 });
        return false;
      }
      const fits = bytesOf(files[0]) + found.size <= Math.floor(capacity / 2);
      if (copies && files[1].includes(found) && fits) {
        found.mark = 1;
        add({ ...found, mark: 0 });
      }
      return true;
    },
    remove(key) {
      for (const item of alive()) if (item.key === key) item.mark = 1;
    },
    contents: alive,
  };
}

/** A file as an array with an element for each byte: the item that lies there. */
export function ring(capacity: number): Model {
  const file: (Item | undefined)[] = new Array(capacity);
  let at = 0;
  const items = new Map<number, Item>();
  const write = (item: Item): void => {
    item.mark = at;
    items.set(item.key, item);
    for (let i = 0; i < item.size; i++) {
      const there = file[at % capacity];
      if (there !== undefined && there !== item && items.get(there.key) === there) items.delete(there.key);
      file[at % capacity] = item;
      at++;
    }
  };
  return {
    access(key, size) {
      const item = items.get(key);
      if (item === undefined) {
        if (size <= capacity) write({ key, size, mark: 0 });
        return false;
      }
      // The copy is another item, so that what the old one leaves behind is not taken for it.
      if (at - item.mark > 0.8 * capacity) write({ ...item });
      return true;
    },
    remove: (key) => items.delete(key),
    contents: () => [...items.values()],
  };
}

/** LRU over blocks. The allocator has a test of its own. */
export function buddy(capacity: number): Model {
  const allocator = new BuddyAllocator(capacity);
  const list: Item[] = [];
  const free = (item: Item): void => allocator.free(item.mark, item.size);
  const model = ofLists([list], allocator.largest, renew, (item) => {
    for (;;) {
      const address = allocator.allocate(item.size);
      if (address === undefined) {
        free(list.shift() as Item);
        continue;
      }
      list.push({ ...item, mark: address });
      return;
    }
  });
  model.remove = (key) => {
    if (list.some((item) => item.key === key)) free(take(list, key));
  };
  return model;
}

export function wTinyLfu(capacity: number): Model {
  const sketch = new FrequencySketch(Math.min(capacity / 512, 2 ** 24));
  const windowBytes = Math.ceil(capacity / 100);
  const mainBytes = capacity - windowBytes;
  const window: Item[] = [];
  const probation: Item[] = [];
  const kept: Item[] = [];
  const hit = (item: Item, list: Item[]): void => {
    if (list !== probation) {
      renew(item, list);
      return;
    }
    kept.push(take(probation, item.key));
    while (bytesOf(kept) > mainBytes * 0.8) probation.push(kept.shift() as Item);
  };
  const enterMain = (item: Item): void => {
    const over = bytesOf([...probation, ...kept]) + item.size - mainBytes;
    const victims: Item[] = [];
    for (const each of [...probation, ...kept]) if (bytesOf(victims) < over) victims.push(each);
    const worth = victims.reduce((sum, { key }) => sum + sketch.estimate(key), 0);
    if (victims.length > 0 && worth >= sketch.estimate(item.key)) return;
    for (const { key } of victims) take(probation.some((each) => each.key === key) ? probation : kept, key);
    probation.push(item);
  };
  const model = ofLists([window, probation, kept], mainBytes, hit, (item) => {
    if (item.size > windowBytes) {
      enterMain(item);
      return;
    }
    while (bytesOf(window) + item.size > windowBytes) enterMain(window.shift() as Item);
    window.push(item);
  });
  const { access } = model;
  model.access = (key, size) => {
    sketch.add(key);
    return access(key, size);
  };
  return model;
}

export function s3Fifo(capacity: number, regardsSizes: boolean): Model {
  const smallBytes = Math.floor(capacity / 10);
  const small: Item[] = [];
  const main: Item[] = [];
  const ghosts: { key: number; at: number }[] = [];
  let left = 0;
  let mean = 0;
  let entered = 0;
  const credit = (size: number) => (regardsSizes ? [4, 16, 64].filter((part) => size <= mean / part).length : 0);
  const price = (size: number) => Math.max(1, Math.round(Math.sqrt(size / mean)));
  const most = regardsSizes ? 7 : 3;
  const ghost = ({ key, size }: Item): void => {
    left += Math.ceil(size / 64);
    const at = ghosts.findIndex((each) => each.key === key);
    if (at >= 0) ghosts.splice(at, 1);
    ghosts.push({ key, at: left });
  };
  const hit = (item: Item): void => {
    item.mark = Math.min(most, item.mark + 1);
  };
  const evictNew = (): void => {
    for (let item = small.shift(); item !== undefined; item = small.shift()) {
      if (item.mark < (regardsSizes ? price(item.size) : 2)) {
        ghost(item);
        return;
      }
      item.mark = credit(item.size);
      main.push(item);
    }
  };
  const evictOld = (): void => {
    for (let item = main.shift(); item !== undefined; item = main.shift()) {
      const cost = regardsSizes ? price(item.size) : 1;
      if (item.mark < cost) return;
      item.mark -= cost;
      main.push(item);
    }
  };
  return ofLists([small, main], capacity, hit, (item) => {
    const at = ghosts.findIndex(({ key }) => key === item.key);
    const known = at >= 0 ? ghosts.splice(at, 1)[0] : undefined;
    const isKnown = known !== undefined && left - known.at <= Math.floor((0.9 * capacity) / 64);
    if (!isKnown && item.size > smallBytes) {
      ghost(item);
      return;
    }
    while (bytesOf([...small, ...main]) + item.size > capacity) {
      if (bytesOf(small) > smallBytes || main.length === 0) evictNew();
      else evictOld();
    }
    entered = Math.min(1000, entered + 1);
    mean += (item.size - mean) / entered;
    item.mark = credit(item.size);
    (isKnown ? main : small).push(item);
  });
}
