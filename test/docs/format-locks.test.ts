import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LockManager } from '../../lib/objects/index.ts';
import { openTemporary } from '../support/fixture.ts';

const MASK = (1n << 64n) - 1n;
const rotate = (word: bigint, by: bigint) => ((word << by) | (word >> (64n - by))) & MASK;

/** The number of a lock, computed from the page alone. */
function numberOf(name: string): bigint {
  const key = Buffer.from('6c6f68657361656c31736b636f6c2e64', 'hex');
  const [k0, k1] = [key.readBigUInt64LE(0), key.readBigUInt64LE(8)];
  let [v0, v1, v2, v3] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const round = () => {
    v0 = (v0 + v1) & MASK;
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & MASK;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & MASK;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & MASK;
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  const bytes = Buffer.alloc(((name.length * 2) & ~7) + 8);
  for (let i = 0; i < name.length; i++) bytes.writeUInt16LE(name.charCodeAt(i), 2 * i);
  bytes[bytes.length - 1] = (name.length * 2) & 255;
  for (let at = 0; at < bytes.length; at += 8) {
    const word = bytes.readBigUInt64LE(at);
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  return (v0 ^ v1 ^ v2 ^ v3) >> 2n;
}

/** The requests in named.lock, read by the page alone. */
function readTable(path: string) {
  const file = readFileSync(join(path, 'named.lock'));
  expect(file.toString('latin1', 0, 8)).toBe('LHLOCK01');
  const rows = [];
  const row = (n: number) => file.subarray(65536 + 128 * n, 65536 + 128 * n + 128);
  for (let n = 0; n < file.readUInt32LE(20); n++) {
    const state = row(n).readUInt32LE(4);
    if ((state & 3) < 2) continue;
    const client = row(n).readUInt32LE(0) - 1;
    let name = '';
    for (let at = n + 1; at !== 0; at = row(at - 1).readUInt32LE(12)) name += row(at - 1).toString('utf16le', 48);
    rows.push({
      name: name.slice(0, row(n).readUInt32LE(44)),
      held: (state & 3) === 3,
      shared: (state & 4) !== 0,
      number: row(n).readBigUInt64LE(16),
      ticket: row(n).readBigUInt64LE(24),
      thread: row(n).readUInt32LE(40),
      process: file.readUInt32LE(64 + 64 * client + 4),
      waits: file.readBigUInt64LE(64 + 64 * client + 8),
    });
  }
  return rows;
}

test('the table of locks, and the bytes of lock.mdb that stand for them', async () => {
  const env = openTemporary();
  const locks = new LockManager(env);
  const names = ['', 'a', 'four', 'nightly report', 'ä€😀\ud800', 'long '.repeat(30)];
  const nested = async (left: string[]): Promise<void> => {
    const [name, ...rest] = left;
    if (name !== undefined) return locks.request(name, { mode: 'shared' }, () => nested(rest));
    const waits = locks.request('a', () => {});
    const rows = readTable(env.path);
    const [waiting] = rows.filter(({ held }) => !held);
    expect(rows.filter(({ held }) => held).map((row) => row.name)).toEqual(names);
    for (const row of rows) {
      expect(row).toMatchObject({ number: numberOf(row.name), process: process.pid, thread: 0, shared: row.held });
      expect(row.waits).toBe(1n << (numberOf('a') % 64n));
    }
    expect(waiting).toMatchObject({ name: 'a', ticket: BigInt(names.length + 1) });
    if (process.platform === 'linux') {
      const { ino } = statSync(join(env.path, 'lock.mdb'));
      const locked = readFileSync('/proc/locks', 'utf8')
        .split('\n')
        .filter((line) => line.includes(`:${ino} `))
        .map((line) => BigInt(line.trim().split(/\s+/)[6] as string));
      for (const name of names) expect(locked).toContain((1n << 62n) + numberOf(name));
    }
    waits.catch(() => {});
  };
  await nested(names);
});
