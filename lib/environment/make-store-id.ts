import { type Environment, environmentParts } from './environment.ts';

/** Gives a database its id, unless it has one or cannot be written: it gets that with its first collection that has versions. */
export function makeStoreId(environment: Environment): void {
  const { state, collections } = environmentParts(environment);
  if (environment.storeId !== undefined || state.readOnly) return;
  environment.write(() => collections.openOwn('__leasehold_first', { versions: true }).drop());
}
