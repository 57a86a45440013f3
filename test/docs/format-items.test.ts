import { expect, test } from 'vitest';
import { decodeItem, encodeItem } from '../../lib/cache/checkpoints/item.ts';
import { example, hexOf } from './format-page.ts';

test('an item of a shared cache is as the page says', () => {
  expect(hexOf(Buffer.from(encodeItem('lh1:x', 7, Buffer.from('hi!'))))).toBe(hexOf(example('shared-item')));
  expect(decodeItem('lh1:x', example('shared-item'))).toEqual({ tid: 7, bytes: Buffer.from('hi!') });
  expect(decodeItem('lh1:y', example('shared-item'))).toBeUndefined();
  const absent = encodeItem('lh1:x', 7, undefined);
  expect([absent.length, absent[4]]).toEqual([12, 0x80]);
  expect(decodeItem('lh1:x', absent)).toEqual({ tid: 7, bytes: undefined });
});
