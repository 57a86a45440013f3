// Under `invalidate`, a transaction ends while zlib goes through a leased Buffer in the thread pool, which takes many
// steps: the call fails with ERR_LEASE_EXPIRED, or gave what is right before. Node left to itself would end the process,
// or throw where nobody can catch it. What zlib does with other Buffers stays what it was.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import {
  check,
  content,
  isNode,
  leasehold,
  lends,
  library,
  makeBlobs,
  nextTurn,
  same,
  sameBytes,
  thrown,
} from './world.mjs';

/** Where the module lies in a bundled library, and in one that has a file for each source file. */
const leaseModule = ['dist/lease.js', 'dist/lease/sources/lease-source.js']
  .map((path) => join(library, path))
  .find(existsSync);
const { LeaseSource } = await import(pathToFileURL(leaseModule).href);
const quick = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } };
/** Each call that takes its input in steps, and the call that makes its input, if it does not take any bytes. */
const calls = [
  ['deflate', undefined],
  ['gzip', undefined],
  ['deflateRaw', undefined],
  ['inflate', 'deflateSync'],
  ['gunzip', 'gzipSync'],
  ['unzip', 'deflateSync'],
  ['inflateRaw', 'deflateRawSync'],
  ['brotliCompress', undefined],
  ['brotliDecompress', 'brotliCompressSync'],
  ['zstdCompress', undefined],
  ['zstdDecompress', 'zstdCompressSync'],
].filter(([name]) => zlib[name] !== undefined);

function call(name, bytes, options) {
  return promisify(zlib[name])(bytes, name.startsWith('brotli') ? { ...quick, ...options } : options);
}

function inputOf(made, size) {
  return made === undefined ? content(size) : zlib[made](content(size), made.startsWith('brotli') ? quick : {});
}

/** What a transaction or a LeaseSource lends of `value`, as a Buffer that expires with it. */
const lenders = {
  'a transaction'(value) {
    const { env, blobs } = makeBlobs([]);
    blobs.put(1, value);
    const txn = env.read({ onEnd: 'invalidate' });
    return { buffer: blobs.getBuffer(1, txn), end: () => txn.end() };
  },
  'a closed environment'(value) {
    const { env, blobs } = makeBlobs([]);
    blobs.put(1, value);
    const txn = env.read({ onEnd: 'invalidate' });
    return { buffer: blobs.get(1, txn).asBuffer(), end: () => env.close() };
  },
  'a LeaseSource'(value) {
    const source = new LeaseSource(new Uint8Array(value).buffer, { onEnd: 'invalidate' });
    return { buffer: leasehold.Value.from(source, 0, value.length).asBuffer(), end: () => source.end() };
  },
};

const cases = [];
for (const [lender, lend] of Object.entries(lenders)) {
  for (const [name, made] of calls) {
    for (const size of [20_000, 2 ** 18]) {
      cases.push({
        name: `${name} of ${size} bytes that ${lender} lent`,
        async run() {
          const value = inputOf(made, size);
          const expected = await call(name, value);
          for (let turns = 0; turns < 4; turns++) {
            const { buffer, end } = lend(value);
            // Small chunks make many steps, whatever the size.
            const result = call(name, buffer, { chunkSize: 1024 }).catch((error) => error);
            for (let i = 0; i < turns; i++) await nextTurn();
            end();
            const outcome = await result;
            if (outcome instanceof Error) same(outcome.code, 'ERR_LEASE_EXPIRED', 'the code');
            else sameBytes(outcome, expected, 'what came out');
            sameBytes(await call(name, value), expected, 'what came out of another Buffer');
          }
        },
      });
    }
  }
}
cases.push({
  name: 'a stream of two Buffers of which one expires',
  async run() {
    const { buffer, end } = lenders['a transaction'](content(2 ** 20));
    const stream = zlib.createGzip();
    const failure = new Promise((resolve) => stream.once('error', resolve));
    stream.resume();
    await new Promise((resolve) => stream.write(content(20_000), resolve));
    stream.write(buffer);
    await nextTurn();
    end();
    same((await failure).code, 'ERR_LEASE_EXPIRED', 'the code');
    check(stream.destroyed, 'the stream goes on');
  },
});
cases.push({
  name: 'errors of other input, which are told as ever',
  async run() {
    lenders['a transaction'](content(100_000));
    const error = await call('inflate', content(100_000)).catch((reason) => reason);
    same(error.code, 'Z_DATA_ERROR', 'the code');
    same(thrown(() => zlib.inflateSync(content(100)))?.code, 'Z_DATA_ERROR', 'the code');
    const stream = zlib.createInflate();
    const failed = new Promise((resolve) => stream.once('error', resolve));
    stream.write(zlib.deflateSync(content(100_000)).subarray(0, 50_000));
    stream.write(Buffer.alloc(1000, 0xff));
    stream.end();
    stream.resume();
    check(/Z_DATA_ERROR|Z_BUF_ERROR/.test((await failed).code), 'another error');
  },
});

if (!isNode || !lends) cases.length = 0;

export { cases };
