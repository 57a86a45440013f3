import type { WriteTransaction } from '../../transaction/transaction.ts';
import type { Changeset } from './changeset.ts';

/** A running `store.write`. */
export interface Session {
  readonly txn: WriteTransaction;
  /** The transaction behind `txn`. */
  readonly transaction: unknown;
  readonly changes: Changeset;
  readonly outer: Session | undefined;
}
