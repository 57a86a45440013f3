import { describe, expect, test } from 'vitest';
import { runChild } from '../support/child.ts';

const MIB = 2 ** 20;

/**
 * Leaves the process only `left` bytes of address space, reads the value until that throws, and then gives the space
 * back, because V8 ends the process when it needs memory and gets none.
 */
const PROGRAM = `
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
const { size, left, memory } = args;
const path = mkdtempSync(join(tmpdir(), 'leasehold-no-memory-'));
const env = open(path, { durability: 'nosync', mapSize: 2 ** 28, memory });
const values = env.collection('values', { key: uint32, value: bytes });
const content = Buffer.alloc(size, 7);
values.put(1, content);
const ways = {
  getBuffer: (txn) => values.getBuffer(1, txn),
  asBuffer: (txn) => values.get(1, txn).asBuffer(),
  toBuffer: (txn) => values.get(1, txn).toBuffer(),
  keep: (txn) => values.get(1, txn).keep(),
  range: (txn) => values.range({}, txn).values().toArray()[0].keep(),
};
const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), \`--as=\${bytes}:\`]);
const codes = {};
for (const [way, read] of Object.entries(ways)) {
  const txn = env.read();
  const witness = values.get(1, txn);
  const kept = [read(txn)];
  const used = 1024 * Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  limit(used + left);
  codes[way] = codeOf(() => { while (kept.length < 6) kept.push(read(txn)); });
  limit('unlimited');
  const right = kept.concat(read(txn), witness).every((value) => Buffer.compare(Buffer.isBuffer(value) ? value : value.asBuffer(), content) === 0);
  if (!right) codes[way] = 'the wrong bytes';
  txn.end();
}
env.close();
rmSync(path, { recursive: true });
tell(codes);
`;

/**
 * V8's helper threads and young generation take memory when they please, which is not what is tried here: without them, all but a few KiB of
 * what is left is there for the value.
 */
const QUIET_V8 = ['--single-threaded', '--max-semi-space-size=1'];

/** V8 itself may need memory at that moment, and then ends the process, whatever leasehold does. Then the program is run again. */
function runUnlessV8Ends(args: unknown): ReturnType<typeof runChild> {
  for (let left = 4; ; left--) {
    const result = runChild(PROGRAM, args, { execArgv: QUIET_V8 });
    if (left === 0 || !result.stderr.includes('NewSpace::EnsureCurrentCapacity Allocation failed')) return result;
  }
}

/** The limit is Linux's. */
describe.skipIf(process.platform !== 'linux')('where no memory can be had for a large value', () => {
  test.each([
    { size: 8 * MIB, left: 6 * MIB, memory: 'map' },
    { size: 40 * MIB, left: 34 * MIB, memory: 'map' },
    { size: 8 * MIB, left: 6 * MIB, memory: 'copy' },
  ])('reading $size bytes throws ENOMEM, and process and transaction go on (memory: $memory)', (args) => {
    const { told, status, signal, stderr } = runUnlessV8Ends(args);
    expect({ told, status, signal, stderr }).toEqual({
      told: [{ getBuffer: 'ENOMEM', asBuffer: 'ENOMEM', toBuffer: 'ENOMEM', keep: 'ENOMEM', range: 'ENOMEM' }],
      status: 0,
      signal: null,
      stderr: '',
    });
  });
});

// The batch needs 90 MiB for its operations and answers, besides the memory that it is encoded in.
test.runIf(process.platform === 'linux')(
  'a batch that there is no memory for is ENOMEM, and nothing of it is done',
  () => {
    const { told, status, signal, stderr } = runChild(
      `
    import { execFileSync } from 'node:child_process';
    import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
    import { tmpdir } from 'node:os';
    import { join } from 'node:path';
    const path = mkdtempSync(join(tmpdir(), 'leasehold-no-memory-'));
    const env = open(path, { durability: 'nosync', mapSize: 2 ** 28 });
    const items = env.collection('items', { key: uint32, value: utf8 });
    items.put(1, 'stays');
    const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), \`--as=\${bytes}:\`]);
    const used = () => 1024 * Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
    function* operations() {
      for (let i = 0; i < 700_000; i++) yield { type: 'del', collection: items, key: 1 };
      limit(used() + 50 * 2 ** 20);
    }
    const answer = await env.batch(operations()).catch((error) => error.code);
    limit('unlimited');
    tell([answer, items.get(1), await env.batch([{ type: 'del', collection: items, key: 1 }])]);
    env.close();
    rmSync(path, { recursive: true });
  `,
      undefined,
      { execArgv: QUIET_V8 },
    );
    expect([told, status, signal, stderr]).toEqual([[['ENOMEM', 'stays', [true]]], 0, null, '']);
  },
);
