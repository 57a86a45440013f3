export { LeaseholdError } from './base/errors.ts';
export type { BatchAnswer, BatchOperation } from './environment/batch.ts';
export type { ChangesFeedOptions } from './environment/changes.ts';
export type { Collection, CollectionAs } from './environment/collection.ts';
export type { CollectionInRead, CollectionInWrite } from './environment/collection-in.ts';
export type {
  CollectionOptions,
  DupSortOptions,
  ExpiresOptions,
  OneValueOptions,
} from './environment/collection-options.ts';
export type { CopyOptions } from './environment/copy.ts';
export type { Environment } from './environment/environment.ts';
export type { OtherCodecs } from './environment/given-codecs.ts';
export { open } from './environment/open.ts';
export type { ReadOptions } from './environment/read.ts';
export type { WriteOptions } from './environment/write.ts';
export { hashJoin, type Join, mergeJoin } from './join/join.ts';
export type { JoinOn, JoinOptions, JoinPair, JoinSide, JoinType } from './join/join-types.ts';
export type { KeyCodec } from './key/codec.ts';
export { type Double, double } from './key/double.ts';
export { Key } from './key/key.ts';
export type { KeyPart } from './key/part.ts';
export { tuple, tupleOf } from './key/tuple.ts';
export { uint32 } from './key/uint32.ts';
export { KeyMap, type KeyMapKey } from './key-map/key-map.ts';
export type { SinkState } from './lease/lease.ts';
export type { Sink } from './lease/sink.ts';
export type { CollectionStat, EnvironmentCounters, EnvironmentInfo, EnvironmentStat, Reader } from './native/stat.ts';
export type { Entry } from './read/entry.ts';
export type { Entries, EntryLike } from './read/entry-source.ts';
export type { Page } from './read/page.ts';
export type { EntryRange, Range, SeekableIterator, SeekableSequence, ValueRange } from './read/range.ts';
export type { ClearOptions, RangeBound, RangeOptions, ValueRangeOptions } from './read/range-options.ts';
export type { Readable } from './read/readable.ts';
export type { Sequence } from './read/sequence.ts';
export type { ChangesOptions, OnEnd, OpenOptions } from './transaction/open-options.ts';
export type {
  ChangingTxn,
  OptimisticTransaction,
  ReadTransaction,
  Transaction,
  WriteTransaction,
} from './transaction/transaction.ts';
export type { ExportOptions, ExportResult } from './transfer/export/export-records.ts';
export type { ImportOptions } from './transfer/import/import-options.ts';
export type { ImportResult, TransferResult } from './transfer/import/import-records.ts';
export type { KeyOption } from './transfer/import/key-of.ts';
export type { InferOptions, Inferred } from './transfer/infer/infer-schema.ts';
export type { Format } from './transfer/io/format.ts';
export type { ImportSource } from './transfer/io/input.ts';
export type { TransferProgress } from './transfer/io/progress.ts';
export type { ExportTarget } from './transfer/io/target.ts';
export type { RecordError } from './transfer/record-error.ts';
export { exportRecords, importRecords, inferSchema } from './transfer/transfer.ts';
export { bytes } from './value/bytes.ts';
export type { ValueCodec } from './value/codec.ts';
export type { CustomCodec, LazyCustomCodec } from './value/custom.ts';
export { type JsonValue, json, jsonOf } from './value/json.ts';
export { msgpack, msgpackOf } from './value/msgpack/msgpack.ts';
export type { FieldType } from './value/struct/field-description.ts';
export { t } from './value/struct/field-type.ts';
export type { List } from './value/struct/list.ts';
export type { Fields, StructInput, StructObject, StructRecord } from './value/struct/static-types.ts';
export { type Infer, type StructCodec, struct } from './value/struct/struct.ts';
export { sinkOf } from './value/struct/struct-sink.ts';
export { utf8 } from './value/utf8.ts';
export { Value } from './value/value.ts';
export type { Commit, CommitStamp } from './versions/changes.ts';
export type { CommitPlace } from './versions/changes-options.ts';
export type { Conflict } from './versions/conflict.ts';
export type { Feed } from './versions/feed.ts';
export type { KeyChange, KeyRange } from './versions/key-change.ts';
export type { SweepOptions } from './versions/sweep.ts';
export type { TransactOptions } from './versions/transact-options.ts';
export type { KeysChanged, WatchOptions } from './versions/watch.ts';
