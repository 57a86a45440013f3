import { expect, test } from 'vitest';
import type { RecordedChange } from '../../lib/versions/change-record.ts';
import type { Change } from '../../lib/versions/engine/engine.ts';
import { changeFrame, readChange } from '../../lib/wire/change-message.ts';
import { Payload, u32At } from '../../lib/wire/payload.ts';
import { HEAD_BYTES } from '../../lib/wire/protocol.ts';
import { Random, SEED } from '../versions/random.ts';

const random = new Random(SEED);

function randomBytes(most: number): Uint8Array {
  return Uint8Array.from({ length: random.below(most) }, () => random.below(256));
}

function randomChange(): RecordedChange {
  const collection = random.pick(['items', 'größer', 'x'.repeat(200)]);
  if (random.chance(0.7)) {
    const keys = Array.from({ length: random.below(100) }, () => randomBytes(40));
    return { collection, keys, range: undefined, dropped: false };
  }
  const bound = () => (random.chance(0.3) ? undefined : randomBytes(20));
  const range = { lower: bound(), lowerOpen: false, upper: bound(), upperOpen: false };
  return { collection, keys: undefined, range, dropped: random.chance(0.5) };
}

function randomCommit(): Change {
  return {
    tid: random.below(2 ** 50),
    time: random.below(2 ** 45),
    nonce: Buffer.from(Array.from({ length: 8 }, () => random.below(256))).toString('hex'),
    ids: Array.from({ length: random.below(4) }, () => randomBytes(20)),
    changes: Array.from({ length: random.below(4) }, randomChange),
  };
}

/** What clients get of a commit: its fields are read when somebody asks for them. */
function shown({ tid, time, nonce, ids, changes }: Change): Change {
  return { tid, time, nonce, ids, changes };
}

function payloadOf(frame: Uint8Array): Uint8Array {
  return frame.slice(HEAD_BYTES, HEAD_BYTES + u32At(frame, 0));
}

test(`a commit is read as it was written, also when the memory into which it was received has changed (seed ${SEED})`, () => {
  for (let i = 0; i < 100; i++) {
    const commit = randomCommit();
    const bytes = payloadOf(changeFrame(commit));
    const read = readChange(new Payload(bytes, 0, bytes.length));
    bytes.fill(255);
    expect(shown(read)).toEqual(commit);
    expect(read.changes).toBe(read.changes);
  }
});

test(`a commit that is cut, or has too much, is refused when it is read (seed ${SEED})`, () => {
  for (let i = 0; i < 8; i++) {
    const bytes = payloadOf(changeFrame(randomCommit()));
    for (let end = 0; end < bytes.length; end++) {
      expect(() => readChange(new Payload(bytes, 0, end))).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(() => readChange(new Payload(longer, 0, longer.length))).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL' }),
    );
  }
});

test('a change of a kind that there is not is refused when it is read', () => {
  const range = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };
  const commit = randomCommit();
  const [bytes, other] = [false, true].map((dropped) =>
    payloadOf(changeFrame({ ...commit, changes: [{ collection: 'items', keys: undefined, range, dropped }] })),
  ) as [Uint8Array, Uint8Array];
  // What differs is the kind.
  bytes[bytes.findIndex((byte, i) => byte !== other[i])] = 3;
  expect(() => readChange(new Payload(bytes, 0, bytes.length))).toThrow(
    expect.objectContaining({ code: 'ERR_PROTOCOL' }),
  );
});
