import { bytesToHex } from '../base/hex.ts';
import { utf8Slice } from '../base/platform.ts';
import type { Change } from '../versions/engine/engine.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type Payload, protocolError } from './payload.ts';
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

export function readChange(payload: Payload): Change {
  const tid = payload.u64();
  const time = payload.u64();
  const nonce = bytesToHex(payload.bytes, payload.skip(NONCE_BYTES), NONCE_BYTES);
  const ids: Uint8Array[] = [];
  for (let left = payload.count(4); left > 0; left--) ids.push(payload.sized());
  const changes: Change['changes'][number][] = [];
  for (let left = payload.count(6); left > 0; left--) {
    const name = payload.sized();
    const collection = utf8Slice(name, 0, name.length);
    const kind = payload.u8();
    if (kind > DROPPED) throw protocolError('a change is of a kind that is not known');
    if (kind === KEYS) {
      const keys: Uint8Array[] = [];
      for (let more = payload.count(4); more > 0; more--) keys.push(payload.sized());
      changes.push({ collection, keys, range: undefined, dropped: false });
    } else {
      changes.push({ collection, keys: undefined, range: readByteRange(payload, 0).range, dropped: kind === DROPPED });
    }
  }
  payload.finish();
  return { tid, time, nonce, ids, changes };
}
