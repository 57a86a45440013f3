// Programs whose code runs after the library has found bytes and before it reads them, or that free the memory of the
// bytes meanwhile.
import { markAsUntransferable } from 'node:worker_threads';
import { check, content, isNode, leasehold, same, sameBytes } from '../../buffers/suite/world.mjs';
import { makeWorld, thrown, thrownOr } from './forge.mjs';

const { bytes, Key, tuple, utf8 } = leasehold;

const cases = [
  {
    name: 'a codec that is given a writer of the program reads nothing after the end',
    run() {
      const { env, blobs } = makeWorld();
      const txn = env.read({ onEnd: 'invalidate' });
      const value = blobs.get(100, txn);
      const target = new Uint8Array(10_000);
      const reserve = () => {
        txn.end();
        for (let i = 0; i < 20; i++) blobs.put(100, Buffer.alloc(100, 0));
      };
      thrown(() => bytes.write(value, { position: 0, bytes: target, reserve }));
      check(
        target.every((byte) => byte === 0) || Buffer.from(target.subarray(0, 100)).equals(content(100)),
        'it read other bytes',
      );
    },
  },
  {
    name: 'a Key on a lease of the program compares nothing after the end',
    run() {
      const { env } = makeWorld();
      const keys = env.collection('keys', { key: tuple, value: utf8 });
      keys.put(['a'.repeat(50)], 'x');
      const txn = env.read({ onEnd: 'invalidate' });
      const [key] = keys.range({}, txn).keys().toArray();
      const memory = new Uint8Array(100);
      const lease = {
        keys: memory,
        values: memory,
        base: 0,
        turn: 0,
        state: 'shared',
        get table() {
          env.close();
          return [0, 100, 0, 100];
        },
      };
      const forged = thrownOr(() => new Key(lease, 0, null));
      if (forged === undefined) return;
      for (const compare of [
        () => forged.startsWith(key),
        () => forged.compare(key),
        () => key.equals(forged),
        () => key.startsWith(forged),
      ]) {
        const error = thrown(compare);
        check(error?.code === 'ERR_INVALID_ARG_TYPE' || error?.code === 'ERR_LEASE_EXPIRED', `it gave ${error}`);
      }
    },
  },
  {
    name: 'what a patched getter is handed cannot be detached under native code',
    async run() {
      const { env, blobs } = makeWorld();
      const prototype = Object.getPrototypeOf(Uint8Array.prototype);
      const { get } = Object.getOwnPropertyDescriptor(prototype, 'length');
      const handed = new Set();
      const spied = {
        configurable: true,
        get() {
          handed.add(this);
          return get.call(this);
        },
      };
      Object.defineProperty(prototype, 'length', spied);
      const byteLength = Object.getOwnPropertyDescriptor(prototype, 'byteLength');
      Object.defineProperty(prototype, 'byteLength', {
        configurable: true,
        get() {
          handed.add(this);
          return byteLength.get.call(this);
        },
      });
      const texts = env.collection('texts', { key: tuple, value: utf8 });
      texts.put(['x'.repeat(100)], 'y'.repeat(5000));
      env.read(() => [...texts.range({})].map(({ value }) => value));
      Object.defineProperty(prototype, 'length', { configurable: true, get });
      Object.defineProperty(prototype, 'byteLength', byteLength);
      for (const array of handed)
        check(
          get.call(array) < 10_000 || array.buffer.byteLength < 40_000,
          `${get.call(array)} bytes of the library were handed out`,
        );
      sameBytes(blobs.get(100).toBuffer(), content(100), 'a Value');
    },
  },
  {
    name: 'a transaction ends whatever was done to its Buffers',
    run() {
      if (!isNode) return;
      const { env, blobs } = makeWorld();
      for (const size of [100, 5000]) {
        const txn = env.read({ onEnd: 'invalidate' });
        const buffer = blobs.getBuffer(size, txn);
        const value = blobs.get(size, txn);
        const shared = value.state === 'shared';
        markAsUntransferable(buffer.buffer);
        Object.freeze(buffer.buffer);
        txn.end();
        same(txn.state, 'ended', 'state');
        if (shared) same(value.state, 'expired', 'state');
      }
    },
  },
];

export { cases };
