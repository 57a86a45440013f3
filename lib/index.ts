export { LeaseholdError } from './errors.ts';
export type { KeyCodec } from './key/codec.ts';
export { type Double, double } from './key/double.ts';
export { Key } from './key/key.ts';
export type { KeyPart } from './key/part.ts';
export { tuple, tupleOf } from './key/tuple.ts';
export { uint32 } from './key/uint32.ts';
export type { SinkState } from './lease/lease.ts';
export type { Sink } from './lease/sink.ts';
export { hashJoin, type Join, mergeJoin } from './query/join.ts';
export type { JoinOn, JoinOptions, JoinPair, JoinSide, JoinType } from './query/join-types.ts';
export { KeyMap, type KeyMapKey } from './query/key-map.ts';
export type { BatchOperation } from './store/batch.ts';
export type { RangeBound, RangeOptions } from './store/bounds.ts';
export type { Collection, CollectionStat } from './store/collection.ts';
export type { CollectionOptions, DupSortOptions, OneValueOptions } from './store/collection-options.ts';
export type { CopyOptions } from './store/copy.ts';
export type { Entry } from './store/entry.ts';
export {
  type Environment,
  type EnvironmentCounters,
  type EnvironmentInfo,
  type EnvironmentStat,
  open,
  type Reader,
  type ReadOptions,
} from './store/environment.ts';
export type { OnEnd, OpenOptions } from './store/options.ts';
export type { Range } from './store/range.ts';
export type { Sequence } from './store/sequence.ts';
export type { ReadTransaction, Transaction, WriteTransaction } from './store/transaction.ts';
export type { RecordError } from './transfer/errors.ts';
export { type ExportOptions, exportRecords } from './transfer/export-records.ts';
export type { Format } from './transfer/format.ts';
export type { ImportOptions } from './transfer/import-options.ts';
export { type ImportResult, importRecords, type TransferResult } from './transfer/import-records.ts';
export { type InferOptions, type Inferred, inferSchema } from './transfer/infer-schema.ts';
export type { KeyOption } from './transfer/key-of.ts';
export type { TransferProgress } from './transfer/progress.ts';
export type { ImportSource } from './transfer/source.ts';
export type { ExportTarget } from './transfer/target.ts';
export { bytes } from './value/bytes.ts';
export type { ValueCodec } from './value/codec.ts';
export type { CustomCodec, LazyCustomCodec } from './value/custom.ts';
export type { FieldType } from './value/field.ts';
export { t } from './value/field-type.ts';
export { type JsonValue, json } from './value/json.ts';
export type { List } from './value/list.ts';
export { msgpack } from './value/msgpack.ts';
export type { Fields, StructInput, StructObject, StructRecord } from './value/static-types.ts';
export { type Infer, type StructCodec, struct } from './value/struct.ts';
export { sinkOf } from './value/struct-sink.ts';
export { utf8 } from './value/utf8.ts';
export { Value } from './value/value.ts';
