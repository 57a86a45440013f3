import { OwnMap } from '../../base/own-map.ts';
import { freezeClass } from '../../base/primordials.ts';
import { slots } from '../handle.ts';
import type { Handle, State } from '../model.ts';
import type { ObjectBase } from '../object-base.ts';
import { StoreView } from './view.ts';

/**
 * A view of the newest commit. An object that a transaction has stored stays the same object in it once the transaction is committed, also for those who see the
 * commit before the transaction goes on.
 */
export abstract class NewestView extends StoreView {
  /** The objects that transactions are committing, by id. */
  readonly #expected = new OwnMap<number, Handle>();

  /** Views of the newest commit do not keep the objects that the program has forgotten. */
  constructor(base: ObjectBase) {
    super(base, true);
  }

  override made(id: number, state: State): Handle {
    const expected = this.#expected.size === 0 ? undefined : this.#expected.get(id);
    if (expected !== undefined) this.adopt(expected);
    return super.made(id, state);
  }

  /** A transaction is about to commit an object that it has stored. */
  expect(handle: Handle): void {
    this.#expected.set(slots.id(handle), handle);
  }

  expectNoMore(handle: Handle): void {
    this.#expected.delete(slots.id(handle));
  }

  /** Takes the handle of an object that a transaction has stored and committed. */
  adopt(handle: Handle): void {
    this.expectNoMore(handle);
    if (this.handles.get(slots.id(handle)) !== undefined) return;
    slots.setCurrent(handle, undefined);
    this.handles.take(handle);
  }
}

freezeClass(NewestView);
