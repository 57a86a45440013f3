// What carries a leased Buffer or its memory elsewhere: there it stays right, or shows zeros or nothing; never the file.
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { MessageChannel, markAsUntransferable, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { check, content, isNode, library, makeBlobs, overwrite, POLICIES, sameBytes, thrown } from './world.mjs';

const SIZES = [100, 32 * 1024 + 1, 2 ** 20];

/** Each function carries a leased Buffer, and gives a view of what arrived, or undefined if the runtime refuses. It may detach the Buffer. */
const carriers = {
  structuredClone: (b) => structuredClone(b),
  'structuredClone of the memory': (b) => new Uint8Array(structuredClone(b.buffer)),
  'structuredClone of a view and its memory': (b) => structuredClone({ b, memory: b.buffer }).b,
  'structuredClone with a transfer': (b) => new Uint8Array(structuredClone(b.buffer, { transfer: [b.buffer] })),
  transfer: (b) => new Uint8Array(b.buffer.transfer()),
  'transfer to more': (b) => new Uint8Array(b.buffer.transfer(b.length + 5000), 0, b.length),
  'transfer to less': (b) => new Uint8Array(b.buffer.transfer(50)),
  transferToFixedLength: (b) => new Uint8Array(b.buffer.transferToFixedLength()),
  transferToImmutable: (b) => new Uint8Array(b.buffer.transferToImmutable()),
  sliceToImmutable: (b) => new Uint8Array(b.buffer.sliceToImmutable()),
  'transfer twice': (b) => new Uint8Array(b.buffer.transfer().transfer()),
  slice: (b) => new Uint8Array(b.buffer.slice(0)),
  'a message': (b) => post(b, undefined),
  'a message with a transfer': (b) => post(b, [b.buffer]),
  'a message of the memory': (b) => new Uint8Array(post(b.buffer, [b.buffer])),
  'a byte stream': async (b) => {
    const stream = new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(b) });
    return (await stream.getReader().read()).value;
  },
  'a read of a byte stream into it': async (b) => {
    const stream = new ReadableStream({
      type: 'bytes',
      pull: (controller) => controller.byobRequest.respond(controller.byobRequest.view.byteLength),
    });
    return (await stream.getReader({ mode: 'byob' }).read(b)).value;
  },
  'a Blob': async (b) => new Uint8Array(await new Blob([b]).arrayBuffer()),
  'a Response': async (b) => new Uint8Array(await new Response(b).arrayBuffer()),
};

function post(message, transfer) {
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(message, transfer);
    return receiveMessageOnPort(port2).message;
  } finally {
    port1.close();
  }
}

/** Checks that what arrived is empty, has the bytes of the value, or under `invalidate` has only zeros. */
function checkCarried(arrived, size, policy) {
  if (arrived.byteLength === 0) return;
  const expected = content(size).subarray(0, arrived.byteLength);
  if (policy === 'invalidate' && arrived.every((byte) => byte === 0)) return;
  sameBytes(arrived, expected, 'what arrived');
}

const cases = [];
for (const policy of POLICIES) {
  for (const size of SIZES) {
    for (const [name, carry] of Object.entries(carriers)) {
      cases.push({
        name: `${name} of ${size} bytes (${policy})`,
        async run() {
          const world = makeBlobs([size]);
          const txn = world.env.read({ onEnd: policy });
          const buffer = world.blobs.getBuffer(size, txn);
          const witness = world.blobs.getBuffer(size, txn);
          let arrived;
          try {
            arrived = await carry(buffer);
          } catch (error) {
            // This runtime does not have the call, or refuses it.
            check(error instanceof Error || error instanceof DOMException, `threw ${error}`);
          }
          if (arrived !== undefined) checkCarried(arrived, size, 'copy');
          sameBytes(witness, content(size), 'another Buffer');
          txn.end();
          overwrite(world, [size]);
          if (arrived !== undefined) checkCarried(arrived, size, policy);
          await txn.drained;
          overwrite(world, [size]);
          world.env.close();
          if (arrived !== undefined) checkCarried(arrived, size, policy);
          if (policy === 'copy' && buffer.length > 0) sameBytes(buffer, content(size), 'the Buffer itself');
          if (policy === 'copy') sameBytes(witness, content(size), 'another Buffer');
        },
      });
    }
    cases.push({ name: `a worker that was sent ${size} bytes (${policy})`, run: () => sendToWorker(size, policy) });
    for (const how of ['while it reads', 'after the end', 'after close()']) {
      cases.push({
        name: `a worker that transferred ${size} bytes ${how}, and has ended (${policy})`,
        run: () => transferredByWorker(size, policy, how),
      });
    }
    cases.push({
      name: `an untransferable Buffer of ${size} bytes (${policy})`,
      run: () => untransferable(size, policy),
    });
  }
}

const WORKER = `
const { parentPort } = require('node:worker_threads');
const held = [];
parentPort.on('message', (message) => {
  if (message.keep) held.push(...message.keep);
  parentPort.postMessage(held.map((bytes) => Buffer.from(bytes)));
});`;

/** The environment is closed, and the worker ends, while the other side still holds what it got. */
async function sendToWorker(size, policy) {
  const world = makeBlobs([size]);
  const worker = new Worker(WORKER, { eval: true });
  const txn = world.env.read({ onEnd: policy });
  const cloned = world.blobs.getBuffer(size, txn);
  const moved = world.blobs.getBuffer(size, txn);
  worker.postMessage({ keep: [cloned] });
  await once(worker, 'message');
  const refused = thrown(() => worker.postMessage({ keep: [moved] }, [moved.buffer])) !== undefined;
  if (!refused) await once(worker, 'message');
  txn.end();
  await txn.drained;
  overwrite(world, [size]);
  world.env.close();
  worker.postMessage({});
  const [held] = await once(worker, 'message');
  check(held.length === (refused ? 1 : 2), `the worker holds ${held.length}`);
  for (const bytes of held) checkCarried(bytes, size, policy);
  await worker.terminate();
  if (policy === 'copy') sameBytes(cloned, content(size), 'the Buffer itself');
}

const LENDING_WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
import(workerData.library).then(async ({ open, uint32, bytes }) => {
  const { path, size, policy, how } = workerData;
  const env = open(path, { mapSize: 2 ** 32, durability: 'nosync' });
  const txn = env.read({ onEnd: policy });
  const blobs = env.collection('blobs', { key: uint32, value: bytes });
  // What stays, what is transferred and forgotten, and what goes to the other thread.
  globalThis.kept = [blobs.getBuffer(size, txn), blobs.getBuffer(size, txn).buffer.transfer()];
  const moved = [blobs.getBuffer(size, txn).buffer.transfer(), blobs.getBuffer(size, txn).buffer.transfer(size + 5000)];
  if (how !== 'while it reads') txn.end();
  if (how === 'after close()') env.close();
  parentPort.postMessage(moved, moved);
});`;

/** Nobody but the thread that lent the memory knows that it is lent; here that thread ends first. */
async function transferredByWorker(size, policy, how) {
  if (!isNode || ArrayBuffer.prototype.transfer === undefined) return;
  const world = makeBlobs([size]);
  const workerData = {
    library: pathToFileURL(`${library}/dist/index.js`).href,
    path: world.env.path,
    size,
    policy,
    how,
  };
  const worker = new Worker(LENDING_WORKER, { eval: true, workerData });
  const [moved] = await once(worker, 'message');
  await worker.terminate();
  overwrite(world, [size]);
  world.env.close();
  for (const memory of moved) checkCarried(new Uint8Array(memory, 0, size), size, policy);
}

/** On Node 24 and later this gives the memory a key without which nobody can detach it. */
async function untransferable(size, policy) {
  if (!isNode) return;
  const world = makeBlobs([size]);
  const txn = world.env.read({ onEnd: policy });
  const buffer = world.blobs.getBuffer(size, txn);
  const value = world.blobs.get(size, txn);
  markAsUntransferable(buffer.buffer);
  txn.end();
  check(txn.state !== 'open', `the transaction is ${txn.state}`);
  check(policy === 'copy' || value.state !== 'shared', `the Value is ${value.state}`);
  await txn.drained;
  overwrite(world, [size]);
  if (policy === 'copy' || value.state !== 'expired') sameBytes(buffer, content(size), 'the Buffer');
  else check(buffer.length === 0 || buffer.every((byte) => byte === 0), 'it can be read after the end');
}

export { cases };
