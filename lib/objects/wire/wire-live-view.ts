import { freezeClass } from '../../base/primordials.ts';
import type { Change } from '../../versions/engine/engine.ts';
import { RowCache } from '../collections/row-cache.ts';
import { readOnlyState, wrongView } from '../errors.ts';
import { forgetState, staleViews } from '../handle.ts';
import type { Handle, State } from '../model.ts';
import { forgetChanges } from '../view/forget-changed.ts';
import { NewestView } from '../view/newest-view.ts';
import { isInTransact } from './in-transact.ts';
import type { WireReading } from './reading.ts';
import type { WireBase } from './wire-base.ts';

const USE_TRANSACT = 'the store is on a server, and a commit waits for that. Change it inside store.transact()';

/**
 * What a program sees of a store on a server outside of snapshots and transactions: the newest commit that was told, as far as it is here. What runs without waiting
 * sees one version.
 */
export class WireLiveView extends NewestView {
  declare readonly base: WireBase;
  /** Undefined since the last commit was told. */
  #reading: WireReading | undefined;
  readonly #rowCache: RowCache;
  /** How many transactions are running: while there is one, each read looks whether it belongs to it. */
  #transacts = 0;

  constructor(base: WireBase) {
    super(base);
    this.#rowCache = new RowCache(base.mostCached);
  }

  get isWriting(): boolean {
    return false;
  }

  override get rowCache(): RowCache {
    this.transaction();
    return this.#rowCache;
  }

  transaction(): WireReading {
    this.check();
    this.#reading ??= this.base.newest();
    return this.#reading;
  }

  override stateOf(handle: Handle): State {
    this.check();
    return super.stateOf(handle);
  }

  /** `ERR_BUSY` in the function of a transaction; `ERR_ENV_CLOSED`, or why the store cannot be read any more. */
  check(): void {
    if (this.#transacts > 0 && isInTransact(this.base)) throw wrongView();
    this.base.checkOpen();
  }

  /** A commit was told: what it has changed must be read again. */
  apply({ changes }: Change): void {
    this.#reading = undefined;
    forgetChanges(changes, this.handles, this.#rowCache);
  }

  /** Nothing that is here can be used any more. */
  forgetAll(): void {
    this.#reading = undefined;
    this.handles.forEach(forgetState);
    this.#rowCache.clear();
  }

  transactBegins(): void {
    if (this.#transacts++ > 0) return;
    this.isFresh = false;
    staleViews.count++;
  }

  transactEnds(): void {
    if (--this.#transacts > 0) return;
    this.isFresh = true;
    staleViews.count--;
  }

  change(_handle: Handle, path: string): never {
    throw readOnlyState(path, USE_TRANSACT);
  }

  changeRows(path: string): never {
    throw readOnlyState(path, USE_TRANSACT);
  }

  idOf(): never {
    throw readOnlyState('a store', USE_TRANSACT);
  }

  protected get presence(): never {
    return this.idOf();
  }
}

freezeClass(WireLiveView);
