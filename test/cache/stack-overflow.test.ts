import { expect, test } from 'vitest';
import type { CacheFile } from '../../lib/cache/cache-file.ts';
import { CachedStates } from '../../lib/cache/cached-states.ts';

const START = { storeId: 's', rights: '', tid: 1, nonce: 'n', reset: undefined };

/** A file in which reading takes more of the stack than there is. */
function deepFile(): CacheFile {
  const dive = (): never => dive() as never;
  return {
    start: () => {},
    release: () => false,
    close: () => {},
    find: dive,
    piece: dive,
    keys: dive,
    bytes: dive,
  } as never;
}

test('a program whose calls have filled the stack gets a RangeError, and its cache stays', () => {
  const states = new CachedStates(deepFile(), START, 1);
  const part = { from: new Uint8Array(0), to: undefined };
  const reads = {
    find: () => states.find({ collection: 'items', key: new Uint8Array(1) }, 1),
    piece: () => states.piece('items', part, 1, false),
    keys: () => states.keys('items', part, 1, false, 100),
    bytes: () => states.bytes(),
  };
  for (const [name, read] of Object.entries(reads)) {
    expect(read, name).toThrow(RangeError);
    expect([states.isOpen, states.failure], name).toEqual([true, undefined]);
  }
  states.close();
});
