import type { Counters } from './counters.ts';

/** What lent a lease its memory, as far as a sink has to know it. */
export interface Lender {
  readonly counters: Counters;
  /** Whether what it lent may expire. */
  readonly invalidate: boolean;
  /** A leased ArrayBuffer over bytes that were lent: `length` bytes of window number `window` from `offset` on. */
  lendBuffer(window: number, offset: number, length: number): ArrayBuffer;
  /** What another addon gets to see of such bytes. */
  resolve(window: number, offset: number, length: number): object;
}
