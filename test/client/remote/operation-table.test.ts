import { expect, test } from 'vitest';
import type { Operation } from '../../../lib/client/remote/operation.ts';
import { OperationTable } from '../../../lib/client/remote/operation-table.ts';

const operation = (): Operation => ({ send() {}, frame: () => true, fail() {} });

function added(table: OperationTable, count: number): { ids: number[]; operations: Operation[] } {
  const operations = Array.from({ length: count }, operation);
  const ids = operations.map((each) => {
    const id = table.nextId();
    table.add(id, each);
    return id;
  });
  return { ids, operations };
}

/** What a table gives, in its order. */
function taken(table: OperationTable): Operation[] {
  const operations: Operation[] = [];
  table.take().forEach((_, operation) => {
    operations.push(operation);
  });
  return operations;
}

test('each operation is found by its id, however many there are', () => {
  const table = new OperationTable();
  const { ids, operations } = added(table, 1000);
  expect(new Set(ids).size).toBe(1000);
  expect(ids).not.toContain(0);
  expect(ids.map((id) => table.get(id))).toEqual(operations);
  expect(operations.map((each) => table.idOf(each))).toEqual(ids);
});

test('an id is not used again soon: what still comes for an operation that was cancelled is not for another one', () => {
  const table = new OperationTable();
  const [first] = added(table, 1).ids as [number];
  expect(table.delete(first)).toBe(true);
  for (let i = 0; i < 1000; i++) {
    const [id] = added(table, 1).ids as [number];
    expect(id).not.toBe(first);
    expect(table.get(first)).toBeUndefined();
    table.delete(id);
  }
  expect(table.delete(first)).toBe(false);
});

test('an operation that stays is passed over when its slot comes round again', () => {
  const table = new OperationTable();
  const { ids, operations } = added(table, 1);
  for (let i = 0; i < 500; i++) table.delete(added(table, 1).ids[0] as number);
  expect(table.get(ids[0] as number)).toBe(operations[0]);
});

test('take gives all in the order in which they were added: writes are asked again in their order', () => {
  const table = new OperationTable();
  const { ids, operations } = added(table, 50);
  for (const id of ids.slice(0, 40)) table.delete(id);
  const { operations: later } = added(table, 40);
  expect(taken(table)).toEqual([...operations.slice(40), ...later]);
  expect(taken(table)).toEqual([]);
  expect(table.get(ids[45] as number)).toBeUndefined();
});

test('after the largest id comes 1', () => {
  const table = new OperationTable();
  const last = operation();
  table.add(0xffff_ffff, last);
  const [next] = added(table, 1).ids as [number];
  expect(next).toBe(1);
  expect(table.get(0xffff_ffff)).toBe(last);
  expect(taken(table)[0]).toBe(last);
});
