import { OwnMap } from '../../base/own-map.ts';
import { bareArray, freezeClass, PrimordialWeakRef, weakRefDeref } from '../../base/primordials.ts';
import { definitionIn, Home, slots } from '../handle.ts';
import type { Definition, Handle, View } from '../model.ts';

/** How many ids share a page. */
const PAGE = 32;

/** The handles of as many ids. */
class Page {
  readonly handles: (Handle | undefined)[] = bareArray(PAGE);
  /** In a table that holds pages weakly: the home that was made last for handles of this page. */
  home: Home | undefined = undefined;
}

freezeClass(Page);

/**
 * The handles of a view, by id. In pages, since ids that are near are often used together: a page takes 8 bytes for each, where a Map takes 40.
 *
 * A table that holds them weakly has a WeakRef for each page, and the home of each handle refers to its page: a page is there as long as the program
 * holds one of its objects. A WeakRef for each handle would take longer to make than the handle.
 */
export class HandleTable {
  readonly #view: View;
  readonly #isWeak: boolean;
  readonly #pages = new OwnMap<number, Page | WeakRef<Page>>();
  /** The homes of a table that holds handles strongly, and the one that was asked for last. */
  readonly #homes = new OwnMap<Definition, Home>();
  #lastHome: Home | undefined;
  #lastNumber = -1;
  #last: Page | undefined;
  /** How many pages there may be until those are looked for that are gone. */
  #limit = 64;

  constructor(view: View, isWeak: boolean) {
    this.#view = view;
    this.#isWeak = isWeak;
  }

  get(id: number): Handle | undefined {
    return this.#page(Math.floor(id / PAGE))?.handles[id % PAGE];
  }

  /** The home for a handle of an id. */
  home(id: number, definition: Definition): Home {
    const page = this.#isWeak ? this.#pageFor(Math.floor(id / PAGE)) : undefined;
    const last = page === undefined ? this.#lastHome : page.home;
    if (last?.definition === definition) return last;
    const home = (page === undefined && this.#homes.get(definition)) || new Home(definition, this.#view, page);
    if (page !== undefined) page.home = home;
    else {
      this.#homes.set(definition, home);
      this.#lastHome = home;
    }
    return home;
  }

  /** Adds a handle whose home is here. */
  set(id: number, handle: Handle): void {
    this.#pageFor(Math.floor(id / PAGE)).handles[id % PAGE] = handle;
  }

  /** Adds a handle, whose home is here from then on. */
  take(handle: Handle): void {
    const id = slots.id(handle);
    slots.setHome(handle, this.home(id, definitionIn(handle)));
    this.set(id, handle);
  }

  delete(id: number): void {
    const page = this.#page(Math.floor(id / PAGE));
    if (page !== undefined) page.handles[id % PAGE] = undefined;
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
        const handle = page.handles[i];
        if (handle !== undefined) fn(handle);
      }
    });
  }

  #pageFor(number: number): Page {
    const known = this.#page(number);
    if (known !== undefined) return known;
    const page = new Page();
    this.#pages.set(number, this.#isWeak ? new PrimordialWeakRef(page) : page);
    if (this.#isWeak && this.#pages.size > this.#limit) this.#sweep();
    this.#remember(number, page);
    return page;
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
