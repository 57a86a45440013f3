import { expect, test } from 'vitest';
import { bytes, Key, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { openTemporary, thrown } from '../support/fixture.ts';

const env = openTemporary();
const blobs = env.collection('blobs', { key: utf8, value: bytes });
blobs.put('short', Buffer.from('héllo'));
blobs.put('long', Buffer.from('ü'.repeat(3000)));
blobs.put('not text', Buffer.from([0xff, 0x41]));
const Row = struct({ n: t.u32, tags: t.list(t.utf8), raw: t.bytes, big: t.i64 });
const rows = env.collection('rows', { key: tuple, value: Row });
rows.put(['a', 2n ** 60n], { n: 1, tags: ['x', 'y'], raw: Buffer.from('z'), big: 5n });

test('a Value gives its bytes as text, as a Buffer does', () => {
  env.read(() => {
    for (const key of ['short', 'long', 'not text']) {
      const value = blobs.get(key);
      if (value === undefined) throw new Error('absent');
      const buffer = value.toBuffer();
      expect(String(value)).toBe(buffer.toString());
      expect(`${value}`).toBe(buffer.toString());
      for (const encoding of ['utf8', 'utf-8', 'latin1', 'hex', 'base64', 'base64url', 'utf16le', 'ascii'] as const) {
        expect(value.toString(encoding)).toBe(buffer.toString(encoding));
      }
    }
  });
  const value = blobs.get('short');
  expect(thrown(() => value?.toString('klingon' as never)).code).toBe('ERR_UNKNOWN_ENCODING');
});

test('a Key and a List give the text of their elements', () => {
  expect(String(Key.of('FR', 1, null, 2n ** 60n))).toBe('["FR",1,null,"1152921504606846976"]');
  expect(String(rows.get(['a', 2n ** 60n])?.tags)).toBe('x,y');
});

test('JSON.stringify of entries gives keys and values, in a range and in a scan', () => {
  const row = { key: ['a', '1152921504606846976'], value: { n: 1, tags: ['x', 'y'], raw: '7a', big: 5 } };
  expect(JSON.parse(JSON.stringify(rows.range().toArray()))).toEqual([row]);
  const scanned: string[] = [];
  rows.scan({}, (entry) => void scanned.push(JSON.stringify(entry)));
  expect(scanned.map((text) => JSON.parse(text))).toEqual([row]);
});

test('what has expired throws, and says so', () => {
  const value = env.read(() => blobs.get('short'), { onEnd: 'invalidate' });
  expect(thrown(() => String(value)).code).toBe('ERR_LEASE_EXPIRED');
  expect(thrown(() => value?.toString('hex')).code).toBe('ERR_LEASE_EXPIRED');
});

test('a small copy lies in the pool of small Buffers; a plain object has memory of its own', () => {
  const value = blobs.get('short');
  expect(value?.toBuffer().buffer.byteLength).toBeGreaterThan(6);
  expect(blobs.get('long')?.toBuffer().buffer.byteLength).toBe(6000);
  const { raw } = rows.get(['a', 2n ** 60n])?.toObject() ?? { raw: new Uint8Array() };
  expect(raw.buffer.byteLength).toBe(1);
});

test('a getter on Buffer.poolSize that ends the transaction cannot make a copy of what comes later', () => {
  const old = Object.getOwnPropertyDescriptor(Buffer, 'poolSize') as PropertyDescriptor;
  for (let round = 0; round < 20; round++) {
    blobs.put('short', Buffer.from('before'));
    const txn = env.read();
    const value = blobs.get('short', txn);
    Object.defineProperty(Buffer, 'poolSize', {
      configurable: true,
      get() {
        Object.defineProperty(Buffer, 'poolSize', old);
        txn.end();
        env.resize();
        for (let i = 0; i < 5; i++) blobs.put('short', Buffer.from('after!'));
        return 8192;
      },
    });
    try {
      expect(value?.toBuffer().toString()).toBe('before');
    } finally {
      Object.defineProperty(Buffer, 'poolSize', old);
    }
  }
});
