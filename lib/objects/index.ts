export type { CheckOptions, CheckProgress } from './check/check.ts';
export type { Problem } from './check/problem.ts';
export {
  type FieldsInput,
  type FieldsOf,
  type ObjectField,
  type PlainField,
  type PlainValue,
  ref,
  t,
} from './class/field.ts';
export { OpaqueObject } from './class/opaque.ts';
export { type Persistent, type PersistentClass, persistent } from './class/persistent.ts';
export { Counter } from './collections/counter.ts';
export { PersistentList } from './collections/list.ts';
export { PersistentMap, type PersistentMapOptions } from './collections/map.ts';
export type { EntriesOptions } from './collections/row-range.ts';
export { PersistentSet } from './collections/set.ts';
export type { Collected, CollectOptions, CollectProgress } from './garbage/collect.ts';
export type { AnyHints, Hints } from './hint-types.ts';
export { idOf, isPersistent, stateOf } from './identity.ts';
export { Lock, type LockMode } from './locks/lock.ts';
export { type LockInfo, LockManager, type LockManagerSnapshot } from './locks/lock-manager.ts';
export type { LockOptions } from './locks/lock-options.ts';
export type { PersistentOptions } from './model.ts';
export {
  type ConnectedStore,
  type OpenRemoteStoreOptions,
  type OpenStoreOptions,
  openStore,
} from './open-store.ts';
export { ObjectTransaction, type Root, Snapshot } from './reading.ts';
export type { SharedState } from './shared-state.ts';
export { Store, type StoreCounters } from './store.ts';
export { type ObjectChange, type ObjectWatchOptions, type Unwatch, Watch } from './watch.ts';
export type { RemoteSnapshot, RemoteTransaction } from './wire/remote-reading.ts';
export type { RemoteReadOptions, RemoteStore, RemoteStoreCounters } from './wire/remote-store.ts';
export type { RemoteTransactOptions } from './wire/run.ts';
