import { OwnMap } from '../../base/own-map.ts';
import { bareArray, freezeClass, PrimordialWeakRef, weakRefDeref } from '../../base/primordials.ts';
import type { Handle } from '../model.ts';

/** How many ids share a page. */
const PAGE = 32;

type Page = (Handle | undefined)[];

/**
 * The handles of a view, by id. In pages, since ids that are near are often used together: a page takes 8 bytes for each, where a Map takes 40.
 *
 * A table that holds them weakly has a WeakRef for each page, and each handle refers to its page: a page is there as long as the program holds one of
 * its objects. A WeakRef for each handle would take longer to make than the handle.
 */
export class HandleTable {
  readonly #isWeak: boolean;
  readonly #pages = new OwnMap<number, Page | WeakRef<Page>>();
  #lastNumber = -1;
  #last: Page | undefined;
  /** How many pages there may be until those are looked for that are gone. */
  #limit = 64;

  constructor(isWeak: boolean) {
    this.#isWeak = isWeak;
  }

  get(id: number): Handle | undefined {
    return this.#page(Math.floor(id / PAGE))?.[id % PAGE];
  }

  set(id: number, handle: Handle): void {
    const number = Math.floor(id / PAGE);
    let page = this.#page(number);
    if (page === undefined) {
      page = bareArray<Handle | undefined>(PAGE);
      this.#pages.set(number, this.#isWeak ? new PrimordialWeakRef(page) : page);
      if (this.#isWeak && this.#pages.size > this.#limit) this.#sweep();
      this.#remember(number, page);
    }
    page[id % PAGE] = handle;
    if (this.#isWeak) handle.page = page;
  }

  delete(id: number): void {
    const page = this.#page(Math.floor(id / PAGE));
    if (page !== undefined) page[id % PAGE] = undefined;
  }

  /** Lets go of the page that was used last: nothing else keeps a page alive. To be called when the program may wait. */
  release(): void {
    this.#lastNumber = -1;
    this.#last = undefined;
  }

  /** Calls `fn` with each handle that is there. */
  forEach(fn: (handle: Handle) => void): void {
    this.#pages.forEach((held) => {
      const page = this.#there(held);
      for (let i = 0; page !== undefined && i < PAGE; i++) {
        const handle = page[i];
        if (handle !== undefined) fn(handle);
      }
    });
  }

  #page(number: number): Page | undefined {
    if (number === this.#lastNumber) return this.#last;
    const held = this.#pages.get(number);
    if (held === undefined) return undefined;
    const page = this.#there(held);
    if (page !== undefined) this.#remember(number, page);
    return page;
  }

  /** A page, unless it is gone. */
  #there(held: Page | WeakRef<Page>): Page | undefined {
    return this.#isWeak ? weakRefDeref(held as WeakRef<Page>) : (held as Page);
  }

  /** Looking a page up in a WeakRef takes longer than all else: V8 adds the page to what stays until the program waits. */
  #remember(number: number, page: Page): void {
    this.#lastNumber = number;
    this.#last = page;
  }

  #sweep(): void {
    this.#pages.forEach((held, number) => {
      if (this.#there(held) === undefined) this.#pages.delete(number);
    });
    this.#limit = 2 * Math.max(32, this.#pages.size);
  }
}

freezeClass(HandleTable);
