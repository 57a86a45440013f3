// node zlib.mjs LIBRARY KIND: the transaction ends, under `invalidate`, while zlib goes through a large leased Buffer in
// the thread pool. Node goes on with the Buffer after each step: Node 20 finds that it has no length any more by an
// assertion that ends the process, later versions by an uncaught RangeError; with no leasehold in the program just so.
import zlib from 'node:zlib';
import { content, lease, makeBlobs } from './world.mjs';

const size = 2 ** 20;
const kind = process.argv[3];
process.on('uncaughtException', (error) => {
  console.log(JSON.stringify({ uncaught: error.message }));
  process.exit(0);
});

function begin() {
  if (kind === 'without leasehold') {
    const buffer = Buffer.from(new Uint8Array(content(size)).buffer);
    return { buffer, end: () => structuredClone(buffer.buffer, { transfer: [buffer.buffer] }) };
  }
  const { txn, buffer } = lease(makeBlobs([size]), size, 'invalidate');
  return { buffer, end: () => txn.end() };
}

const { buffer, end } = begin();
zlib.deflate(buffer, (error, result) => {
  console.log(JSON.stringify({ error: error?.code ?? null, length: result?.length ?? null }));
});
end();
