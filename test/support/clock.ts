import { afterEach } from 'vitest';
import { native } from '../../lib/native/native.ts';

let shift = 0;

afterEach(() => {
  shift = 0;
  native.shiftClock(0);
});

/** Has so many ms pass for values that expire, until the test ends. Nothing waits. */
export function pass(ms: number): void {
  shift += ms;
  native.shiftClock(shift);
}

/** The time by which values expire, in ms since 1970. */
export function shiftedNow(): number {
  return Date.now() + shift;
}
