import { bytesToHex } from '../base/hex.ts';
import { utf8Slice } from '../base/platform.ts';
import { joinBytes } from '../lease/bytes.ts';
import type { RecordedChange } from '../versions/change-record.ts';
import type { Change, Tid } from '../versions/engine/engine.ts';
import { FrameWriter } from './frame-writer.ts';
import { Payload, protocolError } from './payload.ts';
import { Kind } from './protocol.ts';
import { readByteRange, writeByteRange } from './range-message.ts';

const NONCE_BYTES = 8;
const KEYS = 0;
const RANGE = 1;
const DROPPED = 2;

/** A commit, and what it changed. Collections have their names here: a client is told of those too that it has not opened. */
export function writeChange(out: FrameWriter, { tid, nonce, time, ids, changes }: Change): void {
  out.u64(tid);
  out.u64(time);
  const bytes = Buffer.from(nonce, 'hex');
  out.bytes(bytes, 0, NONCE_BYTES);
  out.u32(ids.length);
  for (const id of ids) out.sized(id);
  out.u32(changes.length);
  for (const { collection, keys, range, dropped } of changes) {
    out.sized(Buffer.from(collection));
    out.u8(keys !== undefined ? KEYS : dropped ? DROPPED : RANGE);
    if (keys !== undefined) {
      out.u32(keys.length);
      for (const key of keys) out.sized(key);
    } else {
      writeByteRange(out, range as NonNullable<typeof range>, 0);
    }
  }
}

/** A whole frame CHANGED with the id 0, in memory of its own. */
export function changeFrame(change: Change): Uint8Array {
  const out = new FrameWriter();
  out.begin(Kind.CHANGED, 0, 0, 0);
  writeChange(out, change);
  out.end();
  const frame = joinBytes(out.take()).slice();
  out.release(true);
  return frame;
}

/** Reads a commit. What it changed is checked now, and decoded when somebody asks for it. */
export function readChange(payload: Payload): Change {
  const tid = payload.u64();
  const time = payload.u64();
  const nonce = bytesToHex(payload.bytes, payload.skip(NONCE_BYTES), NONCE_BYTES);
  const from = payload.at;
  checkRest(payload);
  payload.at = from;
  return new ReceivedChange(tid, time, nonce, payload.rest());
}

/** A commit that was received. Most clients only want its number: as long as nobody asks for more, no key becomes an object. */
class ReceivedChange implements Change {
  readonly tid: Tid;
  readonly time: number;
  readonly nonce: string;
  /** The ids, then what was changed, as received. */
  readonly #rest: Uint8Array;
  #ids: readonly Uint8Array[] | undefined;
  #changes: readonly RecordedChange[] | undefined;

  constructor(tid: Tid, time: number, nonce: string, rest: Uint8Array) {
    this.tid = tid;
    this.time = time;
    this.nonce = nonce;
    this.#rest = rest;
  }

  get ids(): readonly Uint8Array[] {
    this.#ids ??= readAll(this.#payload());
    return this.#ids;
  }

  get changes(): readonly RecordedChange[] {
    if (this.#changes === undefined) {
      const payload = this.#payload();
      skipAll(payload);
      this.#changes = readChanges(payload);
    }
    return this.#changes;
  }

  #payload(): Payload {
    return new Payload(this.#rest, 0, this.#rest.length);
  }
}

/** `ERR_PROTOCOL` unless what is left is a list of ids and a list of changes. */
function checkRest(payload: Payload): void {
  skipAll(payload);
  for (let left = payload.count(6); left > 0; left--) {
    payload.skipSized();
    if (readKind(payload) === KEYS) skipAll(payload);
    else readByteRange(payload, 0);
  }
  payload.finish();
}

/** Goes over a list of bytes. */
function skipAll(payload: Payload): void {
  for (let left = payload.count(4); left > 0; left--) payload.skipSized();
}

function readAll(payload: Payload): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let left = payload.count(4); left > 0; left--) all.push(payload.sized());
  return all;
}

function readKind(payload: Payload): number {
  const kind = payload.u8();
  if (kind > DROPPED) throw protocolError('a change is of a kind that is not known');
  return kind;
}

function readChanges(payload: Payload): RecordedChange[] {
  const changes: RecordedChange[] = [];
  for (let left = payload.count(6); left > 0; left--) {
    const name = payload.sized();
    const collection = utf8Slice(name, 0, name.length);
    const kind = readKind(payload);
    changes.push(
      kind === KEYS
        ? { collection, keys: readAll(payload), range: undefined, dropped: false }
        : { collection, keys: undefined, range: readByteRange(payload, 0).range, dropped: kind === DROPPED },
    );
  }
  return changes;
}
