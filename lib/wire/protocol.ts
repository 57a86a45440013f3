import { FRAME_ABSENT, FRAME_FIN, FRAME_HEAD_BYTES, FRAME_SMALL_VALUE } from '../native/constants.ts';

/*
 * The protocol between a client and a server: docs/protocol.md draws each frame. Both sides send frames: a head of 12 bytes, and a payload. All numbers are
 * little-endian. Zeros fill each frame up to a multiple of 4 bytes, so that tables in it can be read where they were received.
 *
 *   u32 length of the payload | u32 id | u8 kind | u8 flags | u16 collection
 */

/** The version of the protocol that this version of leasehold speaks. */
export const PROTOCOL = 1;

/** The first bytes of the payload of HELLO: 'LSHD', read as a u32. */
export const MAGIC = 0x4448534c;

export const HEAD_BYTES: number = FRAME_HEAD_BYTES;

/** What a frame is. The first ones are requests, which the client sends. */
export const Kind = {
  HELLO: 1,
  OPEN: 2,
  GET: 3,
  GET_MANY: 4,
  SCAN: 5,
  COUNT: 6,
  CREDIT: 7,
  CANCEL: 8,
  PING: 9,
  PONG: 10,
  GOAWAY: 11,
  COMMIT: 12,
  CHANGES: 13,
  HOLD: 14,
  RELEASE: 15,
  CLAIM: 16,
  CALL: 17,
  PIPELINE: 18,
  FOLLOW: 19,
  PREFETCH: 20,
  USED: 21,
  VALUE: 32,
  CHUNK: 33,
  ROWS: 34,
  MANY: 35,
  NUMBER: 36,
  CHANGED: 37,
  COMMITTED: 38,
  CONFLICTS: 39,
  ANSWER: 40,
  ERROR: 41,
  STATES: 42,
  FOLLOWED: 43,
  SENT: 44,
} as const;

/** The last frame of an answer, or of a request that has several. */
export const FIN: number = FRAME_FIN;
/** The first frame of those. */
export const FIRST = 2;
/** VALUE: the key is absent. */
export const ABSENT: number = FRAME_ABSENT;
/** GET: a client that has the beginning of a large value asks for the rest. */
export const REST = 8;
/** CONFLICTS: it is the turn of the transaction that has met them. */
export const NEXT = 16;

/** Flags of a range, as SCAN, COUNT and COMMIT have them. */
export const HAS_LOWER = 1;
export const LOWER_OPEN = 2;
export const HAS_UPPER = 4;
export const UPPER_OPEN = 8;
export const REVERSE = 16;
export const KEYS_ONLY = 32;

/** Values up to this size come in one frame; larger ones in chunks. */
export const SMALL_VALUE: number = FRAME_SMALL_VALUE;
export const CHUNK_BYTES: number = 256 * 1024;
/** About how many bytes of rows a frame has. */
export const ROWS_BYTES: number = 64 * 1024 - 512;
/** What stands before the rows of ROWS: u64 the commit as of which they were read, u32 how many, u32 where their table begins. Offsets count from behind it. */
export const ROWS_HEAD = 16;
/** A row of the table: u32 where the key begins, its length, where the value begins, its length. */
export const ROW_BYTES = 16;
/** The most bytes of the answer to PIPELINE, beside its last state: the client asks for the states that are left out. */
export const PIPELINE_BYTES: number = 2 ** 20;
/** The most bytes of a message of a WebSocket. */
export const MOST_MESSAGE_BYTES: number = 2 ** 20;
/** The version of a row stands before its value. */
export const ROW_VERSION_BYTES = 8;

/** Limits that both sides keep. The server tells its own in HELLO. */
export interface WireLimits {
  /** The most bytes of the payload of one request. */
  readonly request: number;
  /** The most bytes of all frames of one COMMIT. */
  readonly commit: number;
  /** The most bytes of a value. */
  readonly value: number;
  /** The most requests of a connection that have no answer yet. */
  readonly requests: number;
  /** The most answers of a connection that come in several frames, at once. */
  readonly streams: number;
  /** ms between signs of life. */
  readonly heartbeat: number;
}

export const DEFAULT_LIMITS: WireLimits = {
  request: 2 ** 20,
  commit: 64 * 2 ** 20,
  value: 2 ** 31 - 1,
  requests: 1000,
  streams: 64,
  heartbeat: 15_000,
};

/** The most bytes of HELLO, which comes before anybody is known. */
export const MOST_HELLO_BYTES: number = 64 * 1024;
/** ms until HELLO must have come. */
export const HELLO_TIMEOUT = 5000;
/** The most bytes of a frame that a server sends: the changes of a commit may be many. */
export const MOST_ANSWER_BYTES: number = 64 * 2 ** 20;
/** How many bytes of a stream are on the way at most, unless the client says otherwise. */
export const DEFAULT_CREDIT: number = 2 ** 20;
