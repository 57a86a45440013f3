import { describe, expect, test } from 'vitest';
import { checkHints, NO_HINTS, plainHints } from '../../lib/objects/hints.ts';

describe('hints', () => {
  test('are copied, level by level', () => {
    const given = { lines: { product: true }, customer: {} };
    const checked = checkHints(given);
    (given as Record<string, unknown>).later = true;
    expect(checked.fields.map(({ name }) => name)).toEqual(['lines', 'customer']);
    expect(checked.fields[0]?.hints.fields).toEqual([{ name: 'product', hints: NO_HINTS }]);
    expect(plainHints(checked)).toEqual({ lines: { product: true }, customer: true });
  });

  test('true, undefined and {} are nothing further', () => {
    for (const none of [true, undefined, {}]) expect(checkHints(none).fields).toEqual([]);
  });

  test('a name can be any text', () => {
    const hints = JSON.parse('{"__proto__": {"constructor": true}}') as object;
    const checked = checkHints(hints);
    expect(checked.fields[0]?.name).toBe('__proto__');
    expect(JSON.stringify(plainHints(checked))).toBe('{"__proto__":{"constructor":true}}');
  });

  test.each([
    [1, 'hints must be true, or an object'],
    [null, 'hints must be true, or an object'],
    [['lines'], 'hints must be true, or an object'],
    [{ lines: { product: 1 } }, 'hints.lines.product must be true, or an object'],
    [{ lines: false }, 'hints.lines must be true, or an object'],
  ])('%j is refused', (given, message) => {
    expect(() => checkHints(given)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    expect(() => checkHints(given)).toThrow(message);
  });

  test('what is endless, or has very many names, is refused', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.next = cyclic;
    expect(() => checkHints(cyclic)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
    const wide: Record<string, unknown> = {};
    for (let i = 0; i < 1001; i++) wide[`f${i}`] = true;
    expect(() => checkHints(wide)).toThrow('at most 1000 names');
  });
});
