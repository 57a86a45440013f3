import { GARBAGE_PAGE_IDS } from '../../native/constants.ts';

/** A page of ids: a bit each, that of the first id lowest in the first byte. */
export type GarbagePage = Uint8Array;

export const PAGE_BYTES: number = GARBAGE_PAGE_IDS / 8;

export function pageOf(id: number): number {
  return Math.floor(id / GARBAGE_PAGE_IDS);
}

export function isOn(page: GarbagePage, id: number): boolean {
  const bit = id % GARBAGE_PAGE_IDS;
  return (((page[bit >>> 3] as number) >>> (bit & 7)) & 1) === 1;
}

/** The ids of a page, in order. */
export function idsOn(number: number, page: GarbagePage): number[] {
  const ids: number[] = [];
  for (let i = 0; i < PAGE_BYTES; i++) {
    if (page[i] === 0) continue;
    for (let id = number * GARBAGE_PAGE_IDS + 8 * i, end = id + 8; id < end; id++) if (isOn(page, id)) ids.push(id);
  }
  return ids;
}

/** Takes an id off a page. */
export function takeOff(page: GarbagePage, id: number): void {
  const bit = id % GARBAGE_PAGE_IDS;
  page[bit >>> 3] = (page[bit >>> 3] as number) & ~(1 << (bit & 7));
}
