// Work that is under way in the thread pool, a pipe or a socket when the transaction ends or the environment closes:
// under `copy` it finishes with the right bytes; under `invalidate` with those or with an error; it never crashes.
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer as collectStream } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import v8 from 'node:v8';
import vm from 'node:vm';
import zlib from 'node:zlib';
import {
  check,
  content,
  isNode,
  makeBlobs,
  nextTurn,
  overwrite,
  POLICIES,
  sameBytes,
  temporaryFolder,
} from './world.mjs';

v8.setFlagsFromString?.('--expose-gc');
const collectGarbage = globalThis.gc ?? (isNode ? vm.runInNewContext('gc') : () => globalThis.Bun.gc(true));

/** Named pipes that nothing has used yet. One process makes some dozens of them at a time. */
let pipes = [];

/** A pipe with a name: whoever writes more than it holds waits for the other end. */
function makePipe() {
  if (pipes.length === 0) {
    const folder = temporaryFolder();
    pipes = Array.from({ length: 50 }, (_, i) => join(folder, `pipe ${i}`));
    execFileSync('mkfifo', pipes);
  }
  return pipes.pop();
}

/** Reads from a pipe until nobody has it open for writing. */
async function drainPipe(fd) {
  const parts = [];
  for (;;) {
    const part = Buffer.alloc(65_536);
    let read;
    try {
      read = fs.readSync(fd, part);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      await nextTurn();
      continue;
    }
    if (read === 0) return Buffer.concat(parts);
    parts.push(part.subarray(0, read));
  }
}

/** Writes to a pipe in some way; that waits in the thread pool, since a pipe holds 64 KiB. */
const throughPipe = (write) => async (buffer) => {
  const path = makePipe();
  const reader = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writer = fs.openSync(path, fs.constants.O_WRONLY);
  let failed = false;
  const written = write(path, writer, buffer)
    .catch(() => {
      failed = true;
    })
    .finally(() => fs.closeSync(writer));
  return {
    finish: async () => {
      const received = await drainPipe(reader);
      await written;
      fs.closeSync(reader);
      return failed ? undefined : received;
    },
  };
};

/**
 * Each function starts work with a Buffer. `finish` lets the work end, and gives the bytes that came out, or undefined if
 * it failed. These must be the bytes of the value, or what `expected` gives. `into` checks a Buffer that the work wrote
 * to.
 */
const works = {
  'fs.write to a pipe': throughPipe((_, fd, b) => promisify(fs.write)(fd, b, 0, b.length, null)),
  'fs.writev to a pipe': throughPipe((_, fd, b) => promisify(fs.writev)(fd, [b.subarray(0, 10), b.subarray(10)])),
  'fs.writeFile to a pipe': throughPipe((path, _, b) => promisify(fs.writeFile)(path, b, { flag: 'r+' })),
  'FileHandle.writeFile to a pipe': throughPipe(async (path, _, b) => {
    const file = await openFile(path, 'r+');
    try {
      await file.writeFile(b);
    } finally {
      await file.close();
    }
  }),
  'socket.write to a slow reader': (b) => throughSocket((socket) => socket.end(b)),
  'socket.write in parts to a slow reader': (b) =>
    throughSocket((socket) => {
      socket.cork();
      for (let at = 0; at < b.length; at += 100_000) socket.write(b.subarray(at, at + 100_000));
      socket.end();
      socket.uncork();
    }),
  'fs.read from a pipe into it': async (b) => {
    const fd = fs.openSync(makePipe(), fs.constants.O_RDWR);
    const reading = promisify(fs.read)(fd, b, 0, 1000, null);
    return {
      into: (read, size) => {
        check(
          read.subarray(0, 1000).every((byte) => byte === 0x77),
          'what was read is not there',
        );
        sameBytes(read.subarray(1000), content(size).subarray(1000), 'the rest');
      },
      finish: async () => {
        fs.writeSync(fd, Buffer.alloc(1000, 0x77));
        await reading;
        fs.closeSync(fd);
      },
    };
  },
  randomFill: async (b) => {
    // Bun refuses to fill what has been detached.
    const filling = promisify(crypto.randomFill)(b, 0, b.length).catch(() => undefined);
    return {
      into: (filled, size) => check(!filled.equals(content(size)), 'nothing was filled'),
      finish: () => filling.then(() => undefined),
    };
  },
  scrypt: (b) => compared((x) => promisify(crypto.scrypt)(x, x.subarray(0, 16), 32, { cost: 2048 }), b),
  pbkdf2: (b) => compared((x) => promisify(crypto.pbkdf2)(x, x, 2000, 32, 'sha256'), b),
  hkdf: (b) =>
    compared(
      async (x) => Buffer.from(await promisify(crypto.hkdf)('sha256', x, x.subarray(0, 10), x.subarray(0, 10), 64)),
      b,
    ),
  'subtle.digest': (b) => compared(async (x) => Buffer.from(await crypto.webcrypto.subtle.digest('SHA-512', x)), b),
  'a hash stream': (b) => compared(async (x) => collectStream(Readable.from([x]).pipe(crypto.createHash('sha256'))), b),
  'a cipher stream': (b) =>
    compared(
      async (x) =>
        collectStream(
          Readable.from([x]).pipe(crypto.createCipheriv('aes-128-ctr', '0123456789abcdef', '0123456789abcdef')),
        ),
      b,
    ),
  sign: (b) => compared(async (x) => promisify(crypto.sign)('sha256', x, privateKey()), b),
  'zlib.deflate': (b) => compared((x) => promisify(zlib.deflate)(x), b),
  'zlib.gzip': (b) => compared((x) => promisify(zlib.gzip)(x), b),
  'zlib.brotliCompress': (b) =>
    compared((x) => promisify(zlib.brotliCompress)(x, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }), b),
  'a deflate stream': (b) => compared(async (x) => collectStream(Readable.from([x]).pipe(zlib.createDeflate())), b),
  'zlib.deflate in one step': (b) => compared((x) => promisify(zlib.deflate)(x, { chunkSize: 4 * b.length + 1000 }), b),
  'zlib.crc32': (b) => compared(async (x) => Buffer.from(String(zlib.crc32?.(x))), b),
};
/** Not under `invalidate`: there, Node's stream waits for ever for a chunk whose length has become 0. */
const onlyCopy = {
  'a write stream to a pipe': throughPipe(async (path, _, b) =>
    pipeline(Readable.from([b]), fs.createWriteStream(path, { flags: 'r+' })),
  ),
};

let key;
function privateKey() {
  key ??= crypto.generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  return key;
}

async function throughSocket(write) {
  const folder = temporaryFolder();
  const server = net.createServer({ pauseOnConnect: true });
  await new Promise((resolve) => server.listen(join(folder, 's'), resolve));
  const socket = net.connect(join(folder, 's'));
  const [peer] = await Promise.all([
    new Promise((resolve) => server.once('connection', resolve)),
    new Promise((resolve) => socket.once('connect', resolve)),
  ]);
  let failed = false;
  socket.on('error', () => {
    failed = true;
  });
  write(socket);
  return {
    finish: async () => {
      const received = await collectStream(peer).catch(() => undefined);
      socket.destroy();
      server.close();
      return failed ? undefined : received;
    },
  };
}

/** Does the work with the Buffer and with a plain copy of it. Both must give the same result. */
async function compared(work, buffer) {
  const plain = Buffer.from(buffer);
  const result = work(buffer).catch(() => undefined);
  return { finish: () => result, expected: () => work(plain) };
}

/** Under `invalidate`, bytes that had not gone out yet may be missing or be zeros. All others must be right. */
async function checkResult(result, size, policy, expected) {
  if (policy === 'copy') {
    check(result !== undefined, 'the work failed');
    sameBytes(result, expected === undefined ? content(size) : Buffer.from(await expected()), 'what came out');
  } else if (expected === undefined && result !== undefined) {
    const value = content(size);
    const right = result.every((byte, i) => byte === 0 || byte === value[i]);
    check(right, 'bytes of a later commit came out');
  }
}

const ends = {
  'end()': async (world, txn, size) => {
    txn.end();
    overwrite(world, [size]);
    await txn.drained;
    overwrite(world, [size]);
  },
  'close()': async ({ env }) => env.close(),
};

const cases = [];
for (const policy of POLICIES) {
  for (const size of [20_000, 2 ** 20]) {
    for (const [ending, end] of Object.entries(ends)) {
      for (const [name, begin] of Object.entries(policy === 'copy' ? { ...works, ...onlyCopy } : works)) {
        cases.push({
          name: `${name}, ${size} bytes, ${ending} (${policy})`,
          async run() {
            const world = makeBlobs([size]);
            const txn = world.env.read({ onEnd: policy });
            let buffer = world.blobs.getBuffer(size, txn);
            const { finish, into, expected } = await begin(buffer);
            await nextTurn();
            if (!into) buffer = undefined;
            collectGarbage();
            await end(world, txn, size);
            collectGarbage();
            await nextTurn();
            const result = await finish();
            if (into === undefined) await checkResult(result, size, policy, expected);
            else if (policy === 'copy') into(buffer, size);
          },
        });
      }
    }
  }
}

export { cases };
