// The floor: bare sockets of Node. A request has as many bytes as a get of leasehold, and so has its answer; a large value is written as it stands in memory.

import { once } from 'node:events';
import { createServer, connect as dial } from 'node:net';
import { join } from 'node:path';
import { LARGE } from '../../harness/network.mjs';

const REQUEST_BYTES = 36;
const ANSWER_BYTES = 128;
const CHUNK_BYTES = 256 * 1024;

export async function start(folder, { large }) {
  const path = join(folder, 'raw.sock');
  const answer = Buffer.alloc(ANSWER_BYTES, 'a');
  const values = Object.fromEntries(large.map((name) => [name, Buffer.alloc(LARGE[name], name)]));
  const server = createServer((socket) => {
    let rest = 0;
    socket.on('data', (bytes) => {
      if (bytes.length === 1) return send(socket, values[bytes[0] === 1 ? 64 : 512]);
      const count = Math.floor((rest + bytes.length) / REQUEST_BYTES);
      rest = (rest + bytes.length) % REQUEST_BYTES;
      if (count === 1) socket.write(answer);
      else if (count > 1) socket.write(Buffer.concat(Array(count).fill(answer)));
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return path;
}

/** In pieces, as fast as the other side takes them. */
async function send(socket, value) {
  for (let at = 0; at < value.length; at += CHUNK_BYTES) {
    if (!socket.write(value.subarray(at, at + CHUNK_BYTES))) await once(socket, 'drain');
  }
}

export const client = (path) => clientOf(path, false);

/** `keeps`: a large value is received into memory of its own, as whoever wants to have it needs. */
export async function clientOf(path, keeps) {
  const waiting = [];
  const memory = Buffer.allocUnsafe(CHUNK_BYTES);
  let value;
  let came = 0;
  let large = 0;
  const callback = (count) => {
    came += count;
    if (large > 0) {
      if (came >= large) {
        value = undefined;
        waiting.shift()(came);
      }
      return true;
    }
    for (; came >= ANSWER_BYTES; came -= ANSWER_BYTES) waiting.shift()();
    return true;
  };
  const socket = dial({
    path,
    onread: { buffer: () => value?.subarray(came, came + CHUNK_BYTES) ?? memory, callback },
  });
  await once(socket, 'connect');
  const request = Buffer.alloc(REQUEST_BYTES);
  let queued = 0;
  const flush = () => {
    socket.write(queued === 1 ? request : Buffer.concat(Array(queued).fill(request)));
    queued = 0;
  };
  return {
    get: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (queued++ === 0) process.nextTick(flush);
      }),
    async getLarge(name) {
      large = LARGE[name];
      came = 0;
      if (keeps) value = new Uint8Array(large);
      socket.write(Buffer.from([name === '64' ? 1 : 2]));
      await new Promise((resolve) => waiting.push(resolve));
      large = 0;
      return came;
    },
    close: () => socket.destroy(),
  };
}
