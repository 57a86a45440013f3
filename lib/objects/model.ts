import type { OwnMap } from '../base/own-map.ts';
import type { AnyFieldType } from '../value/struct/field-description.ts';
import type { StructCodec } from '../value/struct/struct.ts';
import type { RowCache } from './collections/row-cache.ts';

/*
 * What the parts of a store know of each other: a class (Definition), the class as it was when objects were stored (StoredClass), what is stored of an
 * object (State), what a program has assigned (Draft), the object's Handle, and the View to which it belongs.
 */

/**
 * What a view reads in, and changes rows in: a transaction of an environment, or what was read of a store on a server. Views and collections only hand it on
 * to what the store stands on.
 */
export interface ViewTxn {
  /** The number of the newest commit that it sees. */
  readonly tid: number;
}

/** How a field is stored, beyond what its type in the record says. */
export type FieldKind = 'scalar' | 'view' | 'reference' | 'plain';

/** A field of a persistent class. */
export interface FieldDefinition {
  readonly name: string;
  readonly index: number;
  readonly kind: FieldKind;
  readonly isOptional: boolean;
  /** Its type in the record. */
  readonly type: AnyFieldType;
  /** For a reference to one class: gives that class. */
  readonly target: (() => unknown) | undefined;
  /** Whether the constructor sets it and nobody else: it is a field of a class of leasehold's own. */
  readonly isFixed: boolean;
}

/** What `persistent` takes beside name and fields. `D`: the names of the fields that have defaults. */
export interface PersistentOptions<D extends string = string> {
  /** Other names under which objects of this class were stored. */
  readonly aliases?: readonly string[];
  /** Earlier names of fields: `{ population: ['people'] }` reads what was stored as `people`. */
  readonly renamed?: { readonly [field: string]: readonly string[] };
  /** What a field has that an object was stored without, or that the constructor did not get. */
  readonly defaults?: { readonly [field in D]?: unknown };
  /**
   * Makes the fields of this class of what an object has that was stored with other fields. A field that it leaves out, and all fields without it, keep
   * their values by name; then one whose type has changed is `ERR_CODEC`. It gets a reference as a number, and a plain value with persistent objects in it as
   * an opaque object: it can return these as the whole value of a field, and nothing else. Classes that extend this one inherit it.
   */
  readonly upgrade?: (stored: { readonly [field: string]: unknown }) => { readonly [field: string]: unknown };
  /**
   * Called when another transaction has changed an object that a `store.transact` has changed too, if all conflicts are of this kind. It gets the
   * fields as the transaction found them, as they are now, and as the transaction left them, and returns the fields to store; those that it leaves out
   * stay as they are now. Undefined: that is a conflict, and the function of the transaction runs again. It must not be async, and knows nothing of what
   * else the transaction has changed. Classes that extend this one do not inherit it. What it throws is what `store.transact` throws.
   */
  readonly resolve?: (
    base: { readonly [field: string]: unknown },
    committed: { readonly [field: string]: unknown },
    mine: { readonly [field: string]: unknown },
  ) => { readonly [field: string]: unknown } | undefined;
}

/** A persistent class. */
export interface Definition {
  readonly name: string;
  readonly fields: readonly FieldDefinition[];
  readonly byName: OwnMap<string, FieldDefinition>;
  /** Whether no field can hold a plain value or refer to an object. */
  readonly isScalar: boolean;
  /** Those of kind 'plain'. */
  readonly plainFields: readonly FieldDefinition[];
  readonly codec: StructCodec<never>;
  readonly options: PersistentOptions;
  readonly generated: GeneratedClasses;
  /** Whether the program knows no class of that name: its objects can be read and moved, and that is all. */
  readonly isOpaque: boolean;
  /** Whether the class is the given one, or extends it. */
  extends(other: unknown): boolean;
  /** Called with each object that is loaded, once it can be read. */
  readonly onLoad: ((object: object) => void) | undefined;
  /** Called when the record of a new object has been written, with the transaction, to write what else it has. */
  readonly onStore: ((object: object, txn: ViewTxn) => void) | undefined;
  /** Puts what its constructor got into a new collection: see class/initial-contents.ts. */
  readonly fill: ((object: object, initial: unknown) => void) | undefined;
  /** Makes an object that is no handle yet, without running a constructor of the program's own. */
  make(): object;
}

/** The classes that are made for one list of fields: see class/generated.ts. */
export interface GeneratedClasses {
  /** Its prototype has an accessor for each field. */
  readonly Accessors: { readonly prototype: object };
  readonly Fields: new (record: StructRecordView, tid: number, stored: StoredClass) => State;
  readonly Changes: new (base: State | undefined) => Draft;
  /**
   * The fields of a draft in order, as the struct takes them. `encode` gives those that are references and plain values: it gets the index, and what is
   * assigned or UNSET.
   */
  readonly input: (draft: Draft, encode: (index: number, value: unknown) => unknown) => unknown[];
  /**
   * Puts the fields of an object, whose prototype is Object.prototype, into the values of a draft, and returns how many it has found that are not undefined.
   * `take` checks those that may need a copy. Undefined if a field has the name of a property of Object.prototype, and where the
   * program forbids code from strings.
   */
  readonly fill:
    | ((values: unknown[], given: object, take: (index: number, value: unknown) => unknown) => number)
    | undefined;
}

/** A field of a class as the store remembers it. */
export interface StoredField {
  readonly name: string;
  readonly kind: FieldKind;
  /** The type in the record: see FieldType. */
  readonly description: unknown;
}

/** Writes the fields of records of one struct: see record/record-fields.ts. */
export interface RecordFieldsWriter {
  /** Whether `copyFields` can write what is assigned: values, in order, that are UNSET for the other fields. */
  canCopy(values: readonly unknown[]): boolean;
}

/** A class as it was when objects were stored: each list of fields has a number of its own. */
export interface StoredClass {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly StoredField[];
  readonly codec: StructCodec<never>;
  readonly recordFields: RecordFieldsWriter;
  /** The class that the program has for it, or one that can be read and moved, and that is all. */
  readonly definition: Definition;
  /** Whether its fields are those of `definition`. */
  readonly isCurrent: boolean;
  /** The state of a record. */
  state(record: StructRecordView, tid: number): State;
}

/** The fields of a stored record. */
export type StructRecordView = { readonly [name: string]: unknown };

/** The properties of states and drafts that are no fields. They are symbols, since a field can have any name. */
export const RECORD: unique symbol = Symbol('record');
export const TID: unique symbol = Symbol('tid');
export const STORED: unique symbol = Symbol('stored');
export const BASE: unique symbol = Symbol('base');
export const VALUES: unique symbol = Symbol('values');

/** Stands for a field of a draft that nobody has assigned. */
export const UNSET: unique symbol = Symbol('unset');

/**
 * What is stored of an object as of one commit. All views share it, and it never changes. Each field is read once, when it is first asked for: a reference as
 * an id, a plain value frozen, or as UnsharedPlain.
 */
export interface State {
  readonly [RECORD]: StructRecordView;
  /** The commit that wrote it; 0 if the running transaction has written it. */
  readonly [TID]: number;
  readonly [STORED]: StoredClass;
  readonly [name: string]: unknown;
}

/** What a program has assigned: a value for each field, by index, UNSET for the others, which have those of the base. */
export interface Draft {
  [BASE]: State | undefined;
  readonly [VALUES]: unknown[];
  readonly [name: string]: unknown;
}

declare const HANDLE: unique symbol;

/**
 * A persistent object, as the library has it: an object with the private fields of handle.ts. The getters of its class read its draft, if there is
 * one, else the state, which views share.
 */
export interface Handle {
  readonly [HANDLE]: true;
}

/** The drafts of plain values in rows of collections that a transaction has asked for, by names of the rows. */
export interface RowDrafts {
  readonly isEmpty: boolean;
  /**
   * A draft of the value of a row, the same each time: `write` stores what it has become. `isShared`: whether others have the value, so that all of it is
   * frozen.
   */
  get(row: string, value: object, isShared: boolean, write: WriteRow): object;
  /** Ends the draft of a row that is written otherwise. */
  drop(row: string): void;
  /** The same for all rows whose names begin so. */
  dropAll(prefix: string): void;
  /** Ends the draft of a row that is deleted, and returns what it has become; undefined if there is none. `ERR_NOT_PERSISTENT`. */
  take(row: string, path: string): unknown;
  /** Rows have other names from now on. */
  move(rows: readonly { readonly from: string; readonly to: string; readonly write: WriteRow }[]): void;
}

/** What a transaction has added to numbers of collections, and not written yet. */
export interface AddedNumbers {
  of(row: object): number;
  add(row: object, number: number): void;
}

/** Stores what a draft has become. */
export type WriteRow = (value: unknown) => void;

/** What a view has to know of the rows of a collection. */
export interface HandleRows {
  /** Forgets what was read of the row with a key of these bytes. */
  forget(raw: Uint8Array): void;
  /** Writes what the collection had before it was stored, unless that is done. */
  store(txn: ViewTxn): void;
  /** The collection is not stored any more: the transaction that has stored it was rolled back. */
  rolledBack(): void;
}

/** Gives the object with an id, and the id of an object. */
export interface References {
  object(id: number): object;
  idOf(object: object): number;
}

/** A consistent look at a store: it finds objects, reads them, and has one handle for each. */
export interface View extends References {
  /** What the store stands on: an ObjectBase. Undefined for objects that are not stored. */
  readonly base: object | undefined;
  /** Whether the states of its handles can be used as they are. */
  readonly isFresh: boolean;
  /** Whether fields that hold plain values give drafts of them. */
  readonly isWriting: boolean;
  /** Whether a commit checks that nobody has changed what was read. */
  readonly isOptimistic: boolean;
  /** Where collections keep what they have read, now that the view is up to date; undefined if they must read it again each time. */
  readonly rowCache: RowCache | undefined;
  /** The drafts of plain values in rows; undefined where none can be changed in place. */
  readonly rowDrafts: RowDrafts | undefined;
  /** What the running transaction has added to numbers; undefined if there is none. */
  readonly addedNumbers: AddedNumbers | undefined;
  /** The object with an id; undefined if there is none. */
  find(id: number): object | undefined;
  /** The transaction to read in. */
  transaction(): ViewTxn;
  /** The state of a handle, read again if it has to be. `ERR_NO_OBJECT` if the object is gone. */
  stateOf(handle: Handle): State;
  /** Calls `fn`, which changes the draft of a handle. Throws if the view cannot be written. `path` is what is changed, for the error. */
  change(handle: Handle, path: string, fn: () => void): void;
  /** Calls `fn`, which changes rows of collections, with the transaction to change them in. Throws as `change` does. */
  changeRows<T>(path: string, fn: (txn: ViewTxn) => T): T;
  /** The transaction in which rows can be changed at once; undefined if `changeRows` has to begin one, or to throw. */
  changingRows(): ViewTxn | undefined;
  /** An id that no object has. */
  newId(): number;
  /** The id of an object to which something that is stored refers, or is about to. `ERR_NO_OBJECT` if the object was deleted. */
  referTo(object: object, txn: ViewTxn): number;
  /** The error for an object that is not there. */
  absent(id: number): Error;
  /** To be called before rows of a collection are changed: `ERR_NO_OBJECT` if the collection was deleted. */
  checkOwner(handle: Handle, txn: ViewTxn): void;
  /** Writes what has changed so far, so that the collections have it. */
  flush(): void;
  /** Whether a transaction has stored the object of a handle and not committed it. */
  hasUncommitted(handle: Handle): boolean;
  forget(handle: Handle): void;
}
