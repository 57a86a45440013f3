import type { FrameWriter } from '../../lib/wire/frame-writer.ts';
import { Kind } from '../../lib/wire/protocol.ts';
import type { Random } from '../versions/random.ts';
import { frame } from './raw-client.ts';

const KINDS = Object.values(Kind);

export function randomBytes(random: Random, most: number): Buffer {
  const bytes = Buffer.alloc(random.below(most + 1));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
  return bytes;
}

/** Numbers at the edges of what is allowed are more likely. */
export function randomNumber(random: Random, likely: number): number {
  return random.pick([
    likely,
    likely,
    likely,
    0,
    1,
    random.below(20),
    likely + 1,
    2 ** 31,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
  ]);
}

/** A frame of a random kind with random bytes. */
export function noise(random: Random): Buffer {
  const payload = randomBytes(random, random.pick([0, 8, 40, 300]));
  const kind = random.chance(0.9) ? random.pick(KINDS) : random.below(256);
  return frame(kind, random.below(16), random.below(6), random.below(4), (out) =>
    out.bytes(payload, 0, payload.length),
  );
}

/** Changes a frame as a fault would, or somebody who means harm: bytes, lengths, a part of it. */
export function mutated(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  switch (random.below(6)) {
    case 0:
      for (let n = 1 + random.below(3); n > 0 && changed.length > 0; n--)
        changed[random.below(changed.length)] = random.below(256);
      return changed;
    case 1:
      return changed.subarray(0, random.below(changed.length + 1));
    case 2:
      return Buffer.concat([changed, randomBytes(random, 20)]);
    case 3:
      changed.writeUInt32LE(random.pick([0, 1, changed.length, 2 ** 20, 2 ** 26, 2 ** 32 - 1]), 0);
      return changed;
    case 4: {
      const at = 4 * random.below(changed.length >> 2);
      changed.writeUInt32LE(random.pick([0, 1, 0xffff_ffff, 0x7fff_ffff, random.below(100)]), at);
      return changed;
    }
    default:
      changed.writeUInt32LE(random.below(6), 4);
      return changed;
  }
}

/** A range: its flags, and bounds if they say so. */
export function writeRandomRange(out: FrameWriter, random: Random): void {
  const flags = random.chance(0.7) ? random.below(32) : random.below(256);
  out.u8(flags);
  if ((flags & 1) !== 0) out.sized(randomKey(random));
  if ((flags & 4) !== 0) out.sized(randomKey(random));
}

export function randomKey(random: Random): Buffer {
  return random.chance(0.9) ? Buffer.from(`k${random.below(20)}`) : randomBytes(random, random.pick([0, 5, 600]));
}
