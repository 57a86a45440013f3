import { describe, expect, test } from 'vitest';
import type { ReadTransaction, WriteTransaction } from '../../lib/index.ts';
import { codeOf } from '../support/fixture.ts';
import { expectedState } from '../support/lending.ts';
import { environmentCalls, reads, type Subject, subject, writes } from './operations.ts';

/** The code of what a call throws, `'works'` if it throws nothing. */
function outcome(call: () => unknown): string {
  let code = 'works';
  try {
    call();
  } catch (error) {
    code = (error as { code?: string }).code ?? `untyped: ${String(error)}`;
  }
  return code;
}

type Table = Record<string, string>;
const all = (names: string[], code: string): Table => Object.fromEntries(names.map((name) => [name, code]));
const READS = Object.keys(reads);
const WRITES = Object.keys(writes);
const CALLS = Object.keys(environmentCalls);

/** What each read gives with a transaction that is named. */
function readsWith(made: Subject, txn: ReadTransaction | WriteTransaction): Table {
  return Object.fromEntries(Object.entries(reads).map(([name, read]) => [name, outcome(() => read(made, txn))]));
}
/** Each write with a transaction that is named, in one that is undone. */
function writesWith(made: Subject, txn: WriteTransaction | undefined): Table {
  return Object.fromEntries(Object.entries(writes).map(([name, write]) => [name, outcome(() => write(made, txn))]));
}
function callsOf(made: Subject): Table {
  return Object.fromEntries(Object.entries(environmentCalls).map(([name, call]) => [name, outcome(() => call(made))]));
}
function undo(): never {
  throw new Error('undo');
}

describe('a read transaction', () => {
  test('that is open serves every read and no write', () => {
    const made = subject();
    const txn = made.env.read();
    expect(readsWith(made, txn)).toEqual(all(READS, 'works'));
    expect(writesWith(made, txn as never)).toEqual(all(WRITES, 'ERR_READ_ONLY'));
    txn.end();
    expect(made.items.count()).toBe(20);
  });

  test('that drains, or has ended, serves nothing', async () => {
    const made = subject();
    const txn = made.env.read();
    const held = made.items.range({}, txn).toArray();
    txn.end();
    expect(txn.state).toBe(expectedState('draining'));
    expect(readsWith(made, txn)).toEqual(all(READS, 'ERR_TXN_ENDED'));
    expect(writesWith(made, txn as never)).toEqual(all(WRITES, 'ERR_TXN_ENDED'));
    await txn.drained;
    expect(txn.state).toBe('ended');
    expect(readsWith(made, txn)).toEqual(all(READS, 'ERR_TXN_ENDED'));
    expect(held[3]?.value).toBe('value 3');
  });

  test('whose environment was closed serves nothing', () => {
    const made = subject();
    const txn = made.env.read();
    made.env.close();
    expect(readsWith(made, txn)).toEqual(all(READS, 'ERR_ENV_CLOSED'));
    expect(writesWith(made, txn as never)).toEqual(all(WRITES, 'ERR_ENV_CLOSED'));
    expect([txn.state, codeOf(() => txn.id)]).toEqual(['ended', 'ERR_TXN_ENDED']);
    txn.end();
  });
});

describe('a write transaction', () => {
  test('that is open serves every read and write', () => {
    const made = subject();
    expect(() =>
      made.env.write((txn) => {
        expect(readsWith(made, txn)).toEqual(all(READS, 'works'));
        expect(writesWith(made, txn)).toEqual(all(WRITES, 'works'));
        // A collection that the transaction itself has dropped reads as empty and refuses writes.
        expect(readsWith(made, txn)).toEqual(all(READS, 'works'));
        expect(writesWith(made, txn)).toEqual(all(WRITES, 'ERR_NO_COLLECTION'));
        undo();
      }),
    ).toThrow('undo');
    expect(made.items.count()).toBe(20);
  });

  test('that is open refuses what would wait for its end', () => {
    const made = subject();
    made.env.write(() => {
      expect(callsOf(made)).toEqual({
        ...all(CALLS, 'works'),
        'env.resize': 'ERR_BUSY',
      });
    });
  });

  test('that has a child open serves nothing until the child has ended', () => {
    const made = subject();
    made.env.write((outer) => {
      made.env.write(() => {
        expect(readsWith(made, outer)).toEqual(all(READS, 'ERR_BUSY'));
        expect(writesWith(made, outer)).toEqual(all(WRITES, 'ERR_BUSY'));
      });
      expect(readsWith(made, outer)).toEqual(all(READS, 'works'));
    });
  });

  test('that has ended serves nothing', () => {
    const made = subject();
    const ended: WriteTransaction[] = [];
    made.env.write((txn) => {
      ended.push(txn);
      made.env.write((child) => void ended.push(child));
      expect(readsWith(made, ended[1] as WriteTransaction)).toEqual(all(READS, 'ERR_TXN_ENDED'));
    });
    codeOf(() =>
      made.env.write((txn) => {
        ended.push(txn);
        undo();
      }),
    );
    for (const txn of ended) {
      expect([txn.state, readsWith(made, txn)]).toEqual(['ended', all(READS, 'ERR_TXN_ENDED')]);
      expect(writesWith(made, txn)).toEqual(all(WRITES, 'ERR_TXN_ENDED'));
    }
  });

  test('in which the environment was closed serves nothing', () => {
    const made = subject();
    const code = outcome(() =>
      made.env.write((txn) => {
        made.env.close();
        expect(readsWith(made, txn)).toEqual(all(READS, 'ERR_ENV_CLOSED'));
        expect(writesWith(made, txn)).toEqual(all(WRITES, 'ERR_ENV_CLOSED'));
        expect(callsOf(made)).toEqual(all(CALLS, 'ERR_ENV_CLOSED'));
      }),
    );
    expect(code).toBe('ERR_TXN_ENDED');
  });
});

test('a closed environment refuses everything but close(), path and isOpen', () => {
  const made = subject();
  const { range } = made;
  const helpers = [range.keys(), range.values(), range.map((entry) => entry), range.filter(() => true), range.take(1)];
  made.env.close();
  expect(callsOf(made)).toEqual(all(CALLS, 'ERR_ENV_CLOSED'));
  const own = (table: object): Table =>
    Object.fromEntries(Object.entries(table).map(([name, use]) => [name, outcome(() => use(made))]));
  expect(own(reads)).toEqual(all(READS, 'ERR_ENV_CLOSED'));
  expect(own(writes)).toEqual(all(WRITES, 'ERR_ENV_CLOSED'));
  for (const sequence of [range, ...helpers]) expect(codeOf(() => sequence.toArray())).toBe('ERR_ENV_CLOSED');
  expect(codeOf(() => range.count())).toBe('ERR_ENV_CLOSED');
  made.env.close();
  expect([made.env.isOpen, typeof made.env.path, made.items.name]).toEqual([false, 'string', 'items']);
});

test('inside a scan, a range and env.read(fn) everything works that does not need them to be over', () => {
  const made = subject();
  const expected = { ...all(CALLS, 'works'), 'env.resize': 'ERR_BUSY' };
  const seen: Table[] = [];
  made.items.scan({ limit: 1 }, () => void seen.push(callsOf(made)));
  for (const _ of made.items.range({ limit: 1 })) seen.push(callsOf(made));
  made.env.read(() => void seen.push(callsOf(made)));
  expect(seen).toEqual([expected, expected, expected]);
  made.items.scan({ limit: 1 }, () => {
    for (const table of [reads, { put: writes['put'], del: writes['del'] }]) {
      for (const [name, use] of Object.entries(table)) {
        expect([name, outcome(() => (use as (made: Subject) => unknown)(made))]).toEqual([name, 'works']);
      }
    }
  });
});
