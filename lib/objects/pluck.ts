import { invalidType, invalidValue } from '../base/errors.ts';
import { OwnMap } from '../base/own-map.ts';
import { bareArray, freezeClass, objectFreeze } from '../base/primordials.ts';
import { Collection, openCollectionOf } from '../environment/collection.ts';
import type { Lease } from '../lease/lease.ts';
import { OpenCollection } from '../read/open-collection.ts';
import type { Transaction } from '../transaction/transaction.ts';
import type { ValueCodec } from '../value/codec.ts';
import { Base } from './base.ts';
import { definitionOf } from './class/definition.ts';
import { Condemned } from './garbage/condemned.ts';
import { isOf } from './listing.ts';
import {
  type Definition,
  type FieldDefinition,
  STORED,
  type StoredClass,
  type StructRecordView,
  type ViewTxn,
} from './model.ts';
import type { ObjectBase } from './object-base.ts';
import { UnsharedPlain } from './record/plain.ts';
import { classNumberAt, readOnlyRecordCodec } from './record/record.ts';
import { FIXED } from './record/record-fields.ts';
import type { StoreView } from './view/view.ts';

/** How many records are read in one go, at first and at most: the program may stop early, or end the transaction in which they were read. */
const FIRST_ROWS = 64;
const MOST_ROWS = 1024;

/** Stands for a record of another class. */
const NONE = objectFreeze({});

interface Batch {
  readonly values: readonly unknown[];
  /** The id of the last record. */
  readonly last: number;
  readonly count: number;
}

/** What one field has in all objects of a class that a view sees: see `Reading.pluck`. */
export function fieldValues(view: StoreView, of: unknown, name: unknown): IterableIterator<unknown> {
  const wanted = definitionOf(of);
  if (wanted === undefined) throw invalidType('the class', 'a persistent class', of);
  const field = wanted.byName.get(name as string);
  if (field === undefined) {
    const names = wanted.fields.map((each) => each.name).join(', ') || 'none';
    throw invalidValue(`'${wanted.name}' has no field '${String(name)}': it has ${names}`);
  }
  return new FieldValues(view, field, (definition) => isOf(definition, wanted, of));
}

/** An iterator written by hand: a generator takes 20 ns more for each value. */
class FieldValues implements IterableIterator<unknown, undefined> {
  readonly #view: StoreView;
  readonly #field: FieldDefinition;
  readonly #read: (after: number, limit: number, txn: ViewTxn) => Batch;
  readonly #isScalar: boolean;
  #values: readonly unknown[] = [];
  #at = 0;
  #last = 0;
  #limit = FIRST_ROWS;
  #isDone = false;

  constructor(view: StoreView, field: FieldDefinition, isWanted: IsWanted) {
    const base = view.base as ObjectBase;
    this.#view = view;
    this.#field = field;
    this.#isScalar = field.kind === 'scalar';
    // A store on a server has states only.
    const records = isAtOnce(field) && base instanceof Base ? new RecordScan(base, field.name, isWanted) : undefined;
    this.#read = (after, limit, txn) =>
      records === undefined
        ? readStates(base, field.name, isWanted, after, limit, txn)
        : records.read(after, limit, new Condemned(base, txn), txn as Transaction);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<unknown, undefined> {
    if (this.#at === this.#values.length && !this.#fill()) return { done: true, value: undefined };
    const value = this.#values[this.#at++];
    return { done: false, value: this.#isScalar ? value : given(this.#view, this.#field, value) };
  }

  return(): IteratorResult<unknown, undefined> {
    this.#isDone = true;
    this.#values = [];
    this.#at = 0;
    return { done: true, value: undefined };
  }

  /** Reads the next values. False at the end. */
  #fill(): boolean {
    while (!this.#isDone) {
      this.#view.flush();
      const limit = this.#limit;
      const { values, last, count } = this.#read(this.#last, limit, this.#view.transaction());
      this.#values = values;
      this.#at = 0;
      this.#last = last;
      this.#limit = Math.min(MOST_ROWS, 4 * limit);
      this.#isDone = count < limit;
      if (values.length > 0) return true;
    }
    return false;
  }
}

freezeClass(FieldValues);

/** Whether a field gives what refers to the record no longer once it is read. Others give views of the record, or are decoded when they are read. */
function isAtOnce({ kind, type: { description } }: FieldDefinition): boolean {
  if (kind === 'reference') return true;
  const isOptional = typeof description === 'object' && description !== null && 'optional' in description;
  const required = isOptional ? description.optional : description;
  return kind === 'scalar' && (required === 'utf8' || FIXED.includes(required as string));
}

type IsWanted = (definition: Definition) => boolean;

/** What the program gets of a field that is no scalar. */
function given(view: StoreView, { kind }: FieldDefinition, value: unknown): unknown {
  if (value instanceof UnsharedPlain) return value.read(view);
  return kind === 'reference' && typeof value === 'number' ? view.find(value) : value;
}

/** Reads one field of records, and makes no state of them: one view of each class is aimed at one record after the other. */
class RecordScan {
  readonly #records: Collection<number, never, number, unknown>;

  constructor(base: Base, name: string, isWanted: IsWanted) {
    const classes = new OwnMap<number, FieldReader>();
    let last: FieldReader | undefined;
    const read = (lease: Lease, at: number): unknown => {
      const number = classNumberAt(lease, at);
      if (last?.number !== number) {
        last = classes.get(number) ?? new FieldReader(base.classes.byId(number), name, isWanted);
        classes.set(number, last);
      }
      return last.read(lease, at);
    };
    const { environment, name: collection, id, key, flags } = openCollectionOf(base.objects) as OpenCollection;
    const codec = readOnlyRecordCodec(read) as ValueCodec<never, unknown>;
    this.#records = new Collection(new OpenCollection(environment, collection, id, key, codec, flags)) as never;
  }

  read(after: number, limit: number, condemned: Condemned, txn: Transaction): Batch {
    const values: unknown[] = bareArray();
    let count = 0;
    let last = after;
    this.#records.scan(
      { gt: after, limit },
      (entry) => {
        if (++count === limit) last = entry.key;
        const { value } = entry;
        if (value !== NONE && (condemned.isEmpty || !condemned.has(entry.key))) values[values.length] = value;
      },
      txn,
    );
    return { values, last, count };
  }
}

freezeClass(RecordScan);

/** Reads one field of the records of one class. */
class FieldReader {
  readonly #stored: StoredClass;
  readonly #name: string;
  readonly #isWanted: boolean;
  /** That of the class. */
  readonly number: number;
  #lease: Lease | undefined;
  /** The record at which the lease is aimed. */
  #record: StructRecordView | undefined;

  constructor(stored: StoredClass, name: string, isWanted: IsWanted) {
    this.#stored = stored;
    this.#name = name;
    this.#isWanted = isWanted(stored.definition);
    this.number = stored.id;
  }

  read(lease: Lease, at: number): unknown {
    if (!this.#isWanted) return NONE;
    if (this.#lease !== lease) {
      this.#lease = lease;
      this.#record = this.#stored.codec.view(lease, at) as unknown as StructRecordView;
    }
    const record = this.#record as StructRecordView;
    return this.#stored.isCurrent ? record[this.#name] : this.#stored.state(record, 0)[this.#name];
  }
}

freezeClass(FieldReader);

/** The same by the states of the objects: what their fields give lies in the record, and lives as long as it is held. */
function readStates(
  base: ObjectBase,
  name: string,
  isWanted: IsWanted,
  after: number,
  limit: number,
  txn: ViewTxn,
): Batch {
  const condemned = new Condemned(base, txn);
  const values: unknown[] = bareArray();
  let last = after;
  let count = 0;
  for (const { key, value } of base.objects.range({ gt: after, limit }, txn)) {
    last = key;
    count++;
    if (isWanted(value[STORED].definition) && !condemned.has(key)) values[values.length] = value[name];
  }
  return { values, last, count };
}
