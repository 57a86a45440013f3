import { expect, test } from 'vitest';
import { nextState } from '../../lib/write/draft.ts';
import { codeOf } from '../support/fixture.ts';

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

test('fn changes a draft, and the state stays as it is', () => {
  const flat = frozen({ a: 1, b: 'x' });
  expect(
    nextState(flat, (draft: { a: number }) => {
      draft.a++;
    }),
  ).toEqual({ a: 2, b: 'x' });
  const nested = frozen({ list: [{ n: 1 }, { n: 2 }], other: { deep: true } });
  const next = nextState(nested, (draft: typeof nested) => {
    (draft.list[1] as { n: number }).n = 3;
  }) as typeof nested;
  expect(next).toEqual({ list: [{ n: 1 }, { n: 3 }], other: { deep: true } });
  expect(flat).toEqual({ a: 1, b: 'x' });
  expect(nested.list[1]).toEqual({ n: 2 });
  // Objects that were not changed are not copied.
  expect(next.other).toBe(nested.other);
  expect(next.list[0]).toBe(nested.list[0]);
});

test('what fn returns replaces the state', () => {
  for (const state of [frozen({ a: 1 }), frozen({ a: { b: 1 } }), frozen([1, 2]), 5, 'text', null]) {
    expect(nextState(state, () => ({ new: true }))).toEqual({ new: true });
  }
});

test('a state that was not changed is given back itself', () => {
  for (const state of [frozen({ a: 1 }), frozen({ a: { b: 1 } }), frozen([1, undefined, 2]), frozen([[1]])]) {
    expect(nextState(state, () => undefined)).toBe(state);
    expect(nextState(state, (draft: never) => draft)).toBe(state);
  }
});

test('added and deleted properties and elements count as changes', () => {
  const state = frozen({ a: 1, b: 2 });
  const changes: ((draft: { a?: number; b?: number; c?: number }) => void)[] = [
    (draft) => {
      draft.c = undefined as never;
    },
    (draft) => {
      delete draft.b;
    },
  ];
  expect(changes.map((change) => nextState(state, change as never))).toEqual([{ a: 1, b: 2, c: undefined }, { a: 1 }]);
  expect(
    nextState(frozen([1, 2]), (draft: number[]) => {
      draft.push(3);
    }),
  ).toEqual([1, 2, 3]);
  expect(
    nextState(frozen([1, 2]), (draft: number[]) => {
      draft.length = 1;
    }),
  ).toEqual([1]);
});

test('a property that is undefined can take the place of another one', () => {
  const moved = nextState(frozen({ a: undefined }), (draft: { a?: undefined; b?: undefined }) => {
    delete draft.a;
    draft.b = undefined;
  });
  expect(Object.keys(moved as object)).toEqual(['b']);
});

test('a property of Object.prototype does not stand for one that was deleted', () => {
  Object.defineProperty(Object.prototype, 'inherited', { value: 1, enumerable: true, configurable: true });
  let next: unknown;
  try {
    next = nextState(frozen({ a: 1, b: 2 }), (draft: { a?: number }) => {
      delete draft.a;
    });
  } finally {
    delete (Object.prototype as { inherited?: number }).inherited;
  }
  expect(Object.keys(next as object)).toEqual(['b']);
});

test('to change the draft and to return another value is refused, since one of both would be lost', () => {
  for (const state of [frozen({ a: 1 }), frozen({ a: { b: 1 } }), frozen([1]), frozen([[1]])]) {
    const both = (draft: Record<string, unknown>): unknown => {
      draft['0'] = 2;
      return { new: true };
    };
    expect(codeOf(() => nextState(state, both as never))).toBe('ERR_INVALID_ARG_VALUE');
  }
  // A part of a draft that was not changed replaces the state.
  expect(nextState(frozen({ a: { b: 1 } }), (draft: { a: object }) => draft.a)).toEqual({ b: 1 });
});
