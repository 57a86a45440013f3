import type { AnswerFunctions } from './functions/answer.ts';
import type { ChangeFunctions } from './functions/change.ts';
import type { CollectionFunctions } from './functions/collection.ts';
import type { EnvironmentFunctions } from './functions/environment.ts';
import type { ExpiryFunctions } from './functions/expiry.ts';
import type { FeedFunctions } from './functions/feed.ts';
import type { JoinFunctions } from './functions/join.ts';
import type { KeyMapFunctions } from './functions/key-map.ts';
import type { LeaseFunctions } from './functions/lease.ts';
import type { LockFunctions } from './functions/lock.ts';
import type { LookupFunctions } from './functions/lookup.ts';
import type { MarkingFunctions } from './functions/marking.ts';
import type { RangeFunctions } from './functions/range.ts';
import type { ResolveFunctions } from './functions/resolve.ts';
import type { SourceFunctions } from './functions/source.ts';
import type { StateFunctions } from './functions/state.ts';
import type { ThreadFunctions } from './functions/thread.ts';
import type { TransactFunctions } from './functions/transact.ts';
import type { TransactionFunctions } from './functions/transaction.ts';

/**
 * Every function of the addon. Offsets and lengths of keys are places in the attached `io` buffer. Only `readEnd` returns `undefined` in the
 * normal case. Any function returns it if it fails while its thread is terminated: see `answered`.
 */
export interface NativeFunctions
  extends ThreadFunctions,
    EnvironmentFunctions,
    CollectionFunctions,
    TransactionFunctions,
    TransactFunctions,
    LeaseFunctions,
    LockFunctions,
    LookupFunctions,
    RangeFunctions,
    JoinFunctions,
    ChangeFunctions,
    FeedFunctions,
    SourceFunctions,
    ResolveFunctions,
    KeyMapFunctions,
    StateFunctions,
    ExpiryFunctions,
    MarkingFunctions,
    AnswerFunctions {}
