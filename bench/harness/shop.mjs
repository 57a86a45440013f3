// The data of the suite `join`: as many customers as orders, each order of a random customer. A customer's id is a text of
// 16 characters, in no order.
import { mix } from './records.mjs';

/** How many groups the orders fall into: with 1 M orders, each has 1,000. */
export const GROUPS = 1000;

const hex = (word) => word.toString(16).padStart(8, '0');

export function idOf(index) {
  return hex(mix(index)) + hex(mix(index ^ 0x5bd1e995));
}

export function customerOf(index) {
  return { id: idOf(index), number: index, name: `customer ${index}` };
}

export function orderOf(index, entries) {
  return {
    number: index,
    customer: idOf(mix(index + 7) % entries),
    team: idOf(mix(index) % GROUPS),
    amount: index / 4,
  };
}
