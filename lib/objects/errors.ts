import { LeaseholdError } from '../base/errors.ts';

/** The error for something that cannot be stored. `path` is where it is, `what` it is. */
export function notPersistent(path: string, what: string): LeaseholdError {
  return new LeaseholdError('ERR_NOT_PERSISTENT', `${path} is ${what}`, { path });
}

/** The error for a change where there is no write. */
export function readOnlyState(path: string, what: string): LeaseholdError {
  return new LeaseholdError('ERR_READ_ONLY_STATE', `${path} cannot be changed: ${what}`, { path });
}

export function noObject(id: number): LeaseholdError {
  return new LeaseholdError(
    'ERR_NO_OBJECT',
    `there is no object ${id} any more: it was not reachable from the root, and collect() has deleted it`,
  );
}

/** The error for an object that others have stored after a transaction began: its function runs again. */
export function storedMeanwhile(id: number): LeaseholdError {
  return new LeaseholdError(
    'ERR_CONFLICT',
    `object ${id} was stored after this store.transact() began, so that it does not see it: its function runs again, and should let this error pass`,
  );
}

/** The error for a function of `store.write` that is async. */
export function asyncWrite(outcome: string): LeaseholdError {
  return new LeaseholdError(
    'ERR_ASYNC_CALLBACK',
    `the function given to store.write() must not be async, since the transaction ends when it returns: ${outcome}. Await what is needed before ` +
      'store.write(), or use store.transact()',
  );
}

/** The error for a change of objects, of `store.root` unless it says otherwise, where the running code belongs to another transaction. */
export function otherTransaction(call: string, advice: string, objects = 'objects of store.root'): LeaseholdError {
  return new LeaseholdError(
    'ERR_BUSY',
    `inside ${call}, ${objects} cannot be changed: that would be another transaction, which stays when this one fails. ${advice}`,
  );
}

/** The error for reading an object of `store.root` inside of `store.transact`. */
export function wrongView(): LeaseholdError {
  return new LeaseholdError(
    'ERR_BUSY',
    'inside store.transact(), objects of store.root cannot be read: they do not show what the transaction has changed, and its commit would not notice ' +
      'that others change them. Use txn.root, txn.get(object) and txn.all(Class), or a store.snapshot() for what may be older',
  );
}

export function storeClosed(path: string): LeaseholdError {
  return new LeaseholdError('ERR_ENV_CLOSED', 'the store was closed: open it again with openStore()', { path });
}

/** The error for what is not here of a store on a server. Inside of transact() and read() it ends the function, which runs again. */
export function notHere(): LeaseholdError {
  return new LeaseholdError(
    'ERR_NOT_LOADED',
    'this is on the server, and not here: await store.load(object, hints) first, or read it inside store.read() or store.transact(), whose function runs again ' +
      'once it was fetched, and should let this error pass',
  );
}

/** Whether an error is of `notHere`. */
export function isNotHere(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_NOT_LOADED';
}

/** The error for a function of `store.read` that is async. */
export function asyncRead(): LeaseholdError {
  return new LeaseholdError(
    'ERR_ASYNC_CALLBACK',
    'the function given to store.read() must not be async, since what it reads is released when it returns. Use store.snapshot(), and load() of what that gives',
  );
}
