// memcached, by a socket and as little of its protocol as is needed here.
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { keyOf, textOf } from '../../harness/network.mjs';

export async function client({ memcached }) {
  const socket = createConnection(memcached);
  await once(socket, 'connect');
  let settle;
  let parts = [];
  socket.on('data', (bytes) => {
    parts.push(bytes);
    if (bytes.toString('latin1', bytes.length - 5) !== 'END\r\n') return;
    const answer = parts.length === 1 ? bytes : Buffer.concat(parts);
    parts = [];
    const head = answer.indexOf('\r\n') + 2;
    settle(answer.subarray(head, answer.length - 7));
  });
  return {
    get: (key) =>
      new Promise((resolve) => {
        settle = resolve;
        socket.write(`get ${key}\r\n`);
      }),
  };
}

export async function fill({ memcached, entries }) {
  const socket = createConnection(memcached);
  let came = 0;
  const done = new Promise((resolve) => {
    socket.on('data', (bytes) => {
      came += bytes.length;
      if (came === entries * 'STORED\r\n'.length) resolve();
    });
  });
  for (let i = 0; i < entries; i++) {
    const text = textOf(i);
    if (!socket.write(`set ${keyOf(i)} 0 0 ${text.length}\r\n${text}\r\n`)) await once(socket, 'drain');
  }
  await done;
  socket.destroy();
}
