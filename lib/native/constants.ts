// Numbers that JavaScript and C++ share: `npm run contract` writes native/contract.h from this file.

/**
 * Indices of the control block, a Uint32Array that native code reads, or fills beside the result of a call. WINDOW and EXTENT come
 * in pairs: the window that has a batch's keys or values, and how many bytes of that window the snapshot may use.
 */
export const CONTROL_BASE = 0;
export const CONTROL_KEY_WINDOW = 1;
export const CONTROL_VALUE_WINDOW = 2;
export const CONTROL_KEY_EXTENT = 3;
export const CONTROL_VALUE_EXTENT = 4;
export const CONTROL_KEY_LENGTH = 5;
export const CONTROL_VALUE_LENGTH = 6;
export const CONTROL_DONE = 7;
export const CONTROL_ROWS = 8;
export const CONTROL_BYTES = 9;
export const CONTROL_GENERATION = 10;
export const CONTROL_BYTES_HIGH = 11;
/** The same for the second lease of a call that fills two. Its rows come directly after those of the first lease. */
export const CONTROL_OTHER_KEY_WINDOW = 12;
export const CONTROL_OTHER_VALUE_WINDOW = 13;
export const CONTROL_OTHER_KEY_EXTENT = 14;
export const CONTROL_OTHER_VALUE_EXTENT = 15;
/**
 * `changeWritten` reads these and the two lengths above, since an argument of a call would cost more. `readBegin` and `readEnd`
 * read CONTROL_TRANSACTION if they get no argument.
 */
export const CONTROL_TRANSACTION = 16;
export const CONTROL_COLLECTION = 17;
export const CONTROL_OFFSET = 18;
export const CONTROL_KIND = 19;
/** Counts the calls that may change what a write transaction of this thread sees. */
export const CONTROL_CHANGES = 20;
/** The tid of a state that `findShared` has not found in the table. */
export const CONTROL_TID = 21;
export const CONTROL_TID_HIGH = 22;
/** Of the batch that `rangeNext` has lent: how many of its rows one lease covers; and whether to split groups now, since a collection has run. */
export const CONTROL_RUN = 23;
export const CONTROL_COLLECTED = 24;
export const CONTROL_SIZE = 25;

/** What a hot call returns instead of a count or a row. */
export const NEEDS_TABLE = -1;
export const NOT_FOUND = -2;
export const NEEDS_LEASE = -3;
export const PRIVATE_ROW = -4;

/** What the functions of shared states return instead of a number. */
export const NOT_SHARED = -1;
export const NOT_COMMITTED = -3;

/** What `getMany` notes for a key that is absent, and for one whose value cannot be lent. */
export const MANY_ABSENT = 0xffffffff;
export const MANY_PRIVATE = 0xfffffffe;

export const RANGE_LOWER = 1;
export const RANGE_LOWER_OPEN = 2;
export const RANGE_UPPER = 4;
export const RANGE_UPPER_OPEN = 8;
export const RANGE_REVERSE = 16;
export const RANGE_KEYS_ONLY = 32;
export const RANGE_REAIMED = 64;
/** One entry for each key. */
export const RANGE_DISTINCT = 128;
/** The bound is a key and one of its values: the length of the key (u32, little-endian), the key, the value. */
export const RANGE_LOWER_PAIR = 256;
export const RANGE_UPPER_PAIR = 512;

export const JOIN_INNER = 0;
export const JOIN_LEFT = 1;
export const JOIN_SEMI = 2;
export const JOIN_ANTI = 3;
export const JOIN_MERGES = 1;

/** Which value of an entry a join compares; and how many numbers describe that. */
export const ON_KEY_NUMBER = 0;
export const ON_KEY_TEXT = 1;
export const ON_KEY_BYTES = 2;
export const ON_KEY_TUPLE = 3;
export const ON_ELEMENT = 4;
export const ON_FIELD = 5;
export const ON_NUMBERS = 5;

/** The types of the fields of records that native code reads. */
export const FIELD_U8 = 0;
export const FIELD_U16 = 1;
export const FIELD_U32 = 2;
export const FIELD_I8 = 3;
export const FIELD_I16 = 4;
export const FIELD_I32 = 5;
export const FIELD_F32 = 6;
export const FIELD_F64 = 7;
export const FIELD_BOOL = 8;
export const FIELD_U64 = 9;
export const FIELD_I64 = 10;
export const FIELD_DATE = 11;
export const FIELD_UTF8 = 12;
export const FIELD_BYTES = 13;

export const OPEN_READ_ONLY = 1;
export const OPEN_NO_METASYNC = 2;
export const OPEN_NO_SYNC = 4;
export const OPEN_DURABILITY_GIVEN = 8;
export const OPEN_COPY = 16;
export const OPEN_MEMORY_GIVEN = 32;
export const OPEN_NO_LOCK = 64;
export const OPEN_LOCK_GIVEN = 128;
export const OPEN_PERIODIC = 256;

/** How the entries of a collection are stored: its keys can have several values, or what stands before each value. See docs/format.md. */
export const COLLECTION_DUPSORT = 1;
export const COLLECTION_VERSIONS = 2;
export const COLLECTION_EXPIRES = 4;
export const COLLECTION_ANY_KEYS = 8;

/** What `sourceLend` says if it cannot lend. */
export const SOURCE_ENDED = 1;
export const SOURCE_NOT_LENT = 2;

/** The kinds of a change. */
export const CHANGE_PUT = 0;
export const CHANGE_PUT_NEW = 1;
export const CHANGE_APPEND = 2;
export const CHANGE_DELETE = 3;
export const CHANGE_DELETE_VALUE = 4;
export const CHANGE_CLEAR = 5;
export const CHANGE_DROP = 6;
/**
 * Adds the number in its value to the number that is stored under its key, or stores the value if the key is absent. What optimistic
 * transactions add is no conflict. Both values have NUMBER_VALUE_BYTES bytes, of which the eight from NUMBER_AT on are a big-endian double.
 */
export const CHANGE_ADD = 7;
/** Deletes values that have expired. Its value is a limit (u32): how many entries of the index by time it goes through. */
export const CHANGE_SWEEP = 8;
/** A put and a deletion that are made only if the key has a version; its eight bytes, big-endian, stand before the value. */
export const CHANGE_PUT_IF = 9;
export const CHANGE_DELETE_IF = 10;
/** What changes nothing, and is answered with 0 if the key has another version, or if a key of the range has changed since a version. */
export const CHANGE_CHECK = 11;
export const CHANGE_CHECK_RANGE = 12;
/**
 * Gives the commit an id, its key. It is answered with the tid of the commit, or with 0 if a commit after a version has this id, or if the log
 * does not reach back to that version.
 */
export const CHANGE_COMMIT_ID = 13;

export const NUMBER_VALUE_BYTES = 13;
export const NUMBER_AT = 1;

/** The bytes of the version of a CHANGE_PUT_IF and of those behind it. */
export const CHANGE_VERSION_BYTES = 8;
/**
 * The bytes of a time, big-endian, which stand behind the key of a put into a collection whose values expire: milliseconds since 1970, 0 for
 * never. A flag in the first byte says that they are milliseconds since the put; another, that a value that replaces one keeps the time of that.
 */
export const CHANGE_TIME_BYTES = 8;
export const TIME_IS_TTL = 0x80;
export const TIME_KEEPS_OLD = 0x40;
/** The bytes that stand before the lower bound in the value of a CHANGE_CLEAR or CHANGE_CHECK_RANGE: flags (u32) and limit (u64). */
export const CHANGE_RANGE_BYTES = 12;
/** The bytes that stand before each change of a batch: its kind, its collection, the lengths of its value and of its key. */
export const CHANGE_HEADER_BYTES = 16;

/** Flags of `lockRequest`, and of what `lockQuery` gives. */
export const LOCK_SHARED = 1;
export const LOCK_IF_AVAILABLE = 2;
export const LOCK_STEAL = 4;
export const LOCK_HELD = 8;

/** What the function of `lockListen` is told. */
export const LOCK_GRANTED = 0;
export const LOCK_CANCELLED = 1;
export const LOCK_STOLEN = 2;
export const LOCK_CLOSED = 3;

/** How many ids share a page of garbage: a bit each. */
export const GARBAGE_PAGE_IDS = 4096;

/** What native code has to know of the frames of lib/wire: lib/wire/protocol.ts explains them. */
export const FRAME_HEAD_BYTES = 12;
export const FRAME_GET = 3;
export const FRAME_VALUE = 32;
export const FRAME_FIN = 1;
export const FRAME_ABSENT = 4;
export const FRAME_SMALL_VALUE = 16384;
/** The length of a value in MANY: the key is absent. In MANY and ROWS: the value has more than FRAME_LARGE_BYTES, and must be asked for alone. */
export const VALUE_NONE = 0xffffffff;
export const VALUE_LARGE = 0xfffffffe;
export const FRAME_LARGE_BYTES = 262144;
