import { describe, expect, test } from 'vitest';
import { bytes, Key, Value } from '../../lib/index.ts';
import { LeaseSource } from '../../lib/lease/sources/lease-source.ts';
import { collect, collectionOf, thrown, until } from '../support/fixture.ts';
import { sinkAddon, sourceAddon } from './addons.ts';

const sink = await sinkAddon();
const source = await sourceAddon();

function block(...content: number[]): ArrayBuffer {
  return new Uint8Array(content).buffer;
}

describe('revoke()', () => {
  test('moves what was lent since the last time, and what is lent after it is shared', () => {
    const lent = new LeaseSource(block(1, 2, 3));
    const before = Value.from(lent, 0, 2);
    expect(lent.revoke()).toBe(undefined);
    const after = Value.from(lent, 1, 2);
    expect([before.state, after.state, lent.state]).toEqual(['copied', 'shared', 'open']);
    expect([...before.toBuffer(), ...after.toBuffer()]).toEqual([1, 2, 2, 3]);
    lent.end();
  });

  test('expires it, with onEnd: invalidate', () => {
    const lent = new LeaseSource(block(1, 2, 3), { onEnd: 'invalidate' });
    const before = Value.from(lent, 0, 2);
    const counter = sink.borrow(before);
    lent.revoke();
    const after = Value.from(lent, 0, 2);
    expect([before.state, sink.state(counter), after.state]).toEqual(['expired', 'expired', 'shared']);
  });

  test('takes the next block and gives the one before back', () => {
    let next = block(1, 1, 1);
    const lent = new LeaseSource(next);
    next = block(9, 9, 9);
    const values: Value[] = [];
    for (let i = 1; i < 20; i++) {
      values.push(Value.from(lent, 0, 3));
      new Uint8Array(next).fill(i + 1);
      next = lent.revoke(next);
    }
    expect(values.map((value) => value.byteAt(2))).toEqual(values.map((_, i) => i + 1));
    expect(next.byteLength).toBe(3);
    lent.end();
    expect(thrown(() => lent.revoke(next)).code).toBe('ERR_LEASE_EXPIRED');
    expect(next.byteLength).toBe(3);
  });

  test('has its old name still', () => {
    const lent = new LeaseSource(block(1));
    const value = Value.from(lent, 0, 1);
    expect([lent.step(), value.state]).toEqual([undefined, 'copied']);
    expect([...new Uint8Array(lent.step(block(2)))]).toEqual([1]);
    expect(Value.from(lent, 0, 1).byteAt(0)).toBe(2);
  });

  test('leaves both blocks as they are if it cannot take the next one', () => {
    const lent = new LeaseSource(block(1, 2, 3));
    for (const wrong of [null, 1, new Uint8Array(1), new SharedArrayBuffer(1), {}]) {
      expect(thrown(() => lent.revoke(wrong as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(Value.from(lent, 2, 1).byteAt(0)).toBe(3);
  });
});

describe('the ArrayBuffer of a LeaseSource', () => {
  test('is taken over: nobody else can change or resize what sinks read', () => {
    const resizable = new (ArrayBuffer as new (size: number, options: object) => ArrayBuffer)(3, { maxByteLength: 8 });
    new Uint8Array(resizable).set([1, 2, 3]);
    const views = new Uint8Array(resizable);
    const lent = new LeaseSource(resizable);
    const value = Value.from(lent, 0, 3);
    expect([resizable.byteLength, views.length]).toEqual([0, 0]);
    expect(() => views.fill(9)).toThrow(TypeError);
    views[0] = 9;
    expect(() => (resizable as unknown as { resize(size: number): void }).resize(0)).toThrow(TypeError);
    expect([...value.toBuffer()]).toEqual([1, 2, 3]);
    lent.end();
    expect([...value.toBuffer()]).toEqual([1, 2, 3]);
  });

  test('must be one that is not detached', () => {
    const detached = block(1);
    structuredClone(detached, { transfer: [detached] });
    expect(thrown(() => new LeaseSource(detached)).code).toBe('ERR_INVALID_ARG_VALUE');
    for (const wrong of [undefined, null, 1, 'x', new Uint8Array(1), new SharedArrayBuffer(1), {}, []]) {
      expect(thrown(() => new LeaseSource(wrong as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(thrown(() => new LeaseSource(block(1), { onend: 'copy' } as never)).code).toBe('ERR_INVALID_ARG_VALUE');
    expect(thrown(() => new LeaseSource(block(1), { onEnd: 'move' as never })).code).toBe('ERR_INVALID_ARG_VALUE');
  });

  test('may be a WebAssembly memory: then its bytes are copied, or it is refused', () => {
    const { WebAssembly } = globalThis as unknown as {
      WebAssembly: { Memory: new (options: { initial: number }) => { buffer: ArrayBuffer; grow(pages: number): void } };
    };
    const memory = new WebAssembly.Memory({ initial: 1 });
    let lent: LeaseSource;
    try {
      lent = new LeaseSource(memory.buffer);
    } catch (error) {
      expect((error as { code?: string }).code).toBe('ERR_INVALID_ARG_VALUE');
      return;
    }
    const value = Value.from(lent, 0, 8);
    new Uint8Array(memory.buffer).fill(7);
    memory.grow(1);
    expect(value.byteAt(0)).toBe(0);
  });

  test('may be empty', () => {
    const lent = new LeaseSource(new ArrayBuffer(0));
    expect(Value.from(lent, 0, 0).byteLength).toBe(0);
    expect(Key.from(lent, 0, 0).length).toBe(0);
    lent.end();
  });
});

test('`using` ends it, and drained settles when it has ended', async () => {
  let held: Value;
  let drained: Promise<void>;
  {
    using lent = new LeaseSource(block(5));
    held = Value.from(lent, 0, 1);
    drained = lent.drained;
    expect(held.state).toBe('shared');
  }
  await drained;
  expect([held.state, held.byteAt(0)]).toEqual(['copied', 5]);
});

test('a hundred thousand slices that are not kept leave no leases behind', async () => {
  const lent = new LeaseSource(new ArrayBuffer(8192));
  for (let i = 0; i < 100_000; i++) Value.from(lent, i % 8000, 100);
  await collect();
  const kept = Value.from(lent, 0, 100);
  lent.end();
  expect(kept.state).toBe('copied');
});

describe('a source that is forgotten', () => {
  test("another addon's object: what it lent moves before its memory goes", async () => {
    const held = (() => Value.from(source.lend(Buffer.from('bytes')), 0, 5))();
    await collect();
    await until(() => held.state === 'copied', 'the block has been collected');
    expect(held.toBuffer().toString()).toBe('bytes');
  });

  test('a LeaseSource whose sinks are held stays as it is', async () => {
    const held = (() => Value.from(new LeaseSource(block(1, 2, 3)), 0, 3))();
    await collect();
    expect([held.state, ...held.toBuffer()]).toEqual(['shared', 1, 2, 3]);
  });

  test("a LeaseSource that only another addon's sink reads tells it", async () => {
    const counter = (() => sink.borrow(Value.from(new LeaseSource(block(1, 2, 3)), 0, 3)))();
    await collect();
    await until(() => sink.state(counter) === 'copied', 'the LeaseSource has been collected');
    expect(sink.count(counter, 2)).toBe(1);
  });

  test("a read transaction tells another addon's sink", async () => {
    const { env, items } = collectionOf({ key: bytes, value: bytes });
    items.put(Buffer.from('key'), Buffer.from('value'));
    const counter = (() => sink.borrow(items.get(Buffer.from('key'), env.read())))();
    await collect();
    await until(() => sink.state(counter) === 'copied', 'the transaction has been collected and drained');
    expect(sink.count(counter, 'v'.charCodeAt(0))).toBe(1);
  });
});
