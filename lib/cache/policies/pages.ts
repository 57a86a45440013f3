import { Entry, EntryList } from '../structures/entry-list.ts';
import { Policy } from './policy.ts';

const PAGE = 4096;

/** An object on a page; the page is an entry of the list of pages. */
interface Stored {
  readonly key: number;
  readonly size: number;
  readonly page: Page;
}

class Page extends Entry {
  readonly objects: Set<Stored> = new Set();
  used: number = 0;
}

/**
 * Pages of 4 KiB, as in page servers (D. DeWitt, P. Futtersack, D. Maier, F. Vélez: A Study of Three Alternative
 * Workstation-Server Architectures for Object Oriented Database Systems, VLDB 1990). Objects fill pages in the order in which
 * they arrive; a large object has pages of its own. The least recently used page leaves, with all of its objects.
 */
export class Pages extends Policy<Stored> {
  readonly #pages = new EntryList();
  /** The page that is being filled. */
  #open: Page | undefined;

  protected override get largest(): number {
    return Math.floor(this.capacity / PAGE) * PAGE;
  }

  protected hit({ page }: Stored): void {
    if (this.#pages.renew(page)) this.movedByHit();
  }

  protected admit(key: number, size: number): void {
    let page = this.#open;
    if (page === undefined || page.used + size > page.size) page = this.#addPage(size);
    const object = { key, size, page };
    page.used += size;
    page.objects.add(object);
    this.#pages.renew(page);
    this.enter(object);
  }

  protected removed(object: Stored): void {
    const { page } = object;
    page.objects.delete(object);
    if (page.objects.size > 0) return;
    this.#pages.delete(page);
    if (this.#open === page) this.#open = undefined;
  }

  /** Makes a page with room for `size` bytes. */
  #addPage(size: number): Page {
    const page = new Page(0, Math.ceil(size / PAGE) * PAGE);
    while (this.#pages.bytes + page.size > this.capacity) {
      const oldest = this.#pages.shift() as Page;
      if (this.#open === oldest) this.#open = undefined;
      for (const object of oldest.objects) this.leave(object);
    }
    this.#pages.push(page);
    // The pages of a large object are not filled by others: then these would leave with it, and it with them.
    if (size <= PAGE) this.#open = page;
    return page;
  }
}
