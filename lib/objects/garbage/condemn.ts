import { LeaseholdError } from '../../base/errors.ts';
import { writer } from '../../base/writer.ts';
import { type Collection, openCollectionOf } from '../../environment/collection.ts';
import { CHANGE_CHECK_RANGE, CHANGE_PUT_IF } from '../../native/constants.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { writeRange } from '../../transaction/clear-range.ts';
import type { Transaction } from '../../transaction/transaction.ts';
import { writeVersion } from '../../write/encode.ts';
import { EncodedBatch } from '../../write/encoded-batch.ts';
import type { Base } from '../base.ts';
import type { GarbagePage } from './garbage-page.ts';
import type { Marker } from './marker.ts';

/** After so many conflicts, other writers wait until it is done. */
const MOST_CONFLICTS = 8;

const NO_LIMIT = 2 ** 53;

/** A page as it is to be stored, in place of one that has that version. */
interface NewPage {
  readonly number: number;
  readonly page: GarbagePage;
  readonly version: number;
}

/**
 * Stores which objects are garbage, in one commit, which is right for the moment at which it is made: what others have written since `tid`, and what that
 * refers to, is no garbage. So at this commit nothing that stays refers to what it condemns, and from then on nothing can (see Condemned).
 *
 * The commit is a batch, which fails if others have written meanwhile; then it is tried again.
 */
export async function condemn(base: Base, marker: Marker, tid: number): Promise<void> {
  let seen = tid;
  for (let run = 0; run <= MOST_CONFLICTS; run++) {
    const txn = base.environment.read();
    try {
      await marker.addSince(seen, txn);
      seen = txn.tid;
      await submit(base, seen, newPages(base, marker, txn));
      return;
    } catch (error) {
      if (!(error instanceof LeaseholdError) || error.code !== 'ERR_CONFLICT') throw error;
    } finally {
      txn.end();
    }
  }
  base.environment.write((txn) => {
    marker.addSinceAtOnce(seen, txn);
    for (const { number, page } of newPages(base, marker, txn)) base.garbage.put(number, page, txn);
  });
}

/** The pages of garbage, with what is on them already: an earlier collection may have been interrupted, and another one may be running. */
function newPages(base: Base, marker: Marker, txn: Transaction): NewPage[] {
  const pages: NewPage[] = [];
  for (const [number, page] of marker.garbage()) {
    const version = base.garbage.version(number, txn);
    if (version !== 0) {
      const there = base.garbage.get(number, txn)?.toBuffer() as GarbagePage;
      for (let i = 0; i < page.length; i++) page[i] = (page[i] as number) | (there[i] as number);
    }
    pages.push({ number, page, version });
  }
  return pages;
}

async function submit(base: Base, tid: number, pages: readonly NewPage[]): Promise<void> {
  if (pages.length === 0) return;
  const start = writer.position;
  let submitted: Promise<unknown>;
  try {
    const batch = new EncodedBatch(base.state);
    addUnchanged(batch, base.objects, tid);
    addUnchanged(batch, base.items, tid);
    const garbage = openCollectionOf(base.garbage) as OpenCollection;
    for (const { number, page, version } of pages) batch.addPairIf(garbage, CHANGE_PUT_IF, number, page, version);
    submitted = batch.submit();
  } finally {
    writer.position = start;
    writer.trim();
  }
  await submitted;
}

/** Adds the condition that nobody has changed anything in a collection since a commit. */
function addUnchanged(batch: EncodedBatch, collection: Collection<never, never, unknown, unknown>, tid: number): void {
  batch.add(CHANGE_CHECK_RANGE, (openCollectionOf(collection) as OpenCollection).id, () => {
    writeVersion(tid);
    return writeRange(0, NO_LIMIT, undefined, undefined);
  });
}
