import { OwnMap } from '../../base/own-map.ts';
import { freezeClass } from '../../base/primordials.ts';
import type { RowDrafts, WriteRow } from '../model.ts';
import { PlainDraft } from './plain-draft.ts';

interface RowDraft {
  readonly value: PlainDraft;
  readonly write: WriteRow;
}

/** See RowDrafts. */
export class RowDraftTable implements RowDrafts {
  readonly #drafts = new OwnMap<string, RowDraft>();

  get isEmpty(): boolean {
    return this.#drafts.size === 0;
  }

  get(row: string, value: object, isShared: boolean, write: WriteRow): object {
    let known = this.#drafts.get(row);
    if (known === undefined) {
      known = { value: new PlainDraft(value, isShared, false), write };
      this.#drafts.set(row, known);
    }
    return known.value.draft;
  }

  drop(row: string): void {
    this.#drafts.get(row)?.value.end();
    this.#drafts.delete(row);
  }

  dropAll(prefix: string): void {
    this.#drafts.forEach((_, row) => {
      if (row.startsWith(prefix)) this.drop(row);
    });
  }

  take(row: string, path: string): unknown {
    const known = this.#drafts.get(row);
    this.#drafts.delete(row);
    return known?.value.finish(path);
  }

  move(rows: readonly { readonly from: string; readonly to: string; readonly write: WriteRow }[]): void {
    const known = rows.map(({ from }) => this.#drafts.get(from));
    for (const { from } of rows) this.#drafts.delete(from);
    rows.forEach(({ to, write }, i) => {
      const draft = known[i];
      if (draft !== undefined) this.#drafts.set(to, { value: draft.value, write });
    });
  }

  /** Writes those that were changed. `ends`: whether they end; otherwise they can be changed further. `ERR_NOT_PERSISTENT`. */
  settle(ends: boolean): void {
    this.#drafts.forEach(({ value, write }, row) => {
      const last = value.now;
      if (ends) this.#drafts.delete(row);
      const now = ends ? value.finish(ROW) : value.look(ROW);
      if (now !== last) write(now);
    });
  }
}

freezeClass(RowDraftTable);

const ROW = 'a value of a persistent collection';
