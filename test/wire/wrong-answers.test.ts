import { connect as connectSocket, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { openStore, PersistentMap } from '../../lib/objects/index.ts';
import { serve } from '../../lib/server/index.ts';
import { FrameReader } from '../../lib/wire/frame-reader.ts';
import { FrameWriter } from '../../lib/wire/frame-writer.ts';
import { FIN, Kind } from '../../lib/wire/protocol.ts';
import { openTemporary, rejection } from '../support/fixture.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server whose answers of a kind have these bytes. Returns its address. */
async function answering(kind: number, payload: Uint8Array): Promise<string> {
  const server = await serve(openTemporary(), { listen: 'tcp://127.0.0.1:0' });
  closing.push(() => server.close({ timeout: 100 }));
  const proxy = createServer((client) => {
    const socket = connectSocket(Number(new URL(server.addresses[0] as string).port), '127.0.0.1');
    const out = new FrameWriter();
    const reader = new FrameReader(2 ** 26, ({ kind: found, flags, id, collection, bytes, start, end }) => {
      const own = found === kind ? payload : bytes.subarray(start, end);
      out.begin(found, found === kind ? FIN : flags, id, collection);
      out.bytes(own, 0, own.length);
      out.end();
    });
    socket.on('data', (bytes) => {
      reader.push(bytes);
      for (const piece of out.take()) client.write(Uint8Array.from(piece));
    });
    client.pipe(socket);
    for (const each of [client, socket])
      each.on('error', () => {}).on('close', () => (each === client ? socket.destroy() : client.destroy()));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  closing.push(() => proxy.close());
  return `tcp://127.0.0.1:${(proxy.address() as { port: number }).port}`;
}

test.each([
  '{"tid":"7"}',
  '{"classes":[],"tid":null}',
  '{"classes":"none","tid":1}',
  '{"classes":[[1]],"tid":1}',
  '{"classes":[{"number":1}],"tid":1}',
])('a server that answers %s is told to be wrong, and nobody waits for ever', async (json) => {
  const store = await connect(await answering(Kind.ANSWER, Buffer.from(json)));
  closing.push(() => store.close());
  expect((await rejection(openStore(store, { classes: [] }))).code).toBe('ERR_PROTOCOL');
  if (json.includes('"7"')) expect((await rejection(store.sync())).code).toBe('ERR_PROTOCOL');
});

test('a server that gives no ids for new objects is told to be wrong', async () => {
  const store = await connect(await answering(Kind.NUMBER, new Uint8Array(16)));
  closing.push(() => store.close());
  const objects = await openStore<Record<string, unknown>>(store, { classes: [] });
  const storing = objects.transact((txn) => {
    txn.root['list'] = { some: 'thing' };
    txn.root['map'] = new PersistentMap();
  });
  expect((await rejection(storing)).code).toBe('ERR_PROTOCOL');
});
