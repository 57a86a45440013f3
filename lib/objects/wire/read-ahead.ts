import { referencesOf } from '../record/record.ts';
import type { Known } from './known-states.ts';

/** How many objects are fetched with one that was missed, at first and at most: each time that a guess is made, there are more. */
const FIRST = 8;
const MOST = 1024;
const GROWTH = 4;
/** How many groups are remembered. */
const MOST_GROUPS = 16;

interface Group {
  readonly members: readonly Known[];
  /** The member whose reference was missed last. */
  at: number;
}

/**
 * Guesses what code will miss next. A loop over entries, or over objects that were fetched together, asks for what each of them refers to, one after the other: so with
 * what one of them refers to, that of the next ones is fetched.
 */
export class ReadAhead {
  #groups: Group[] = [];
  #size = FIRST;

  /** Rows of a range, or states of objects that have come together. */
  add(members: readonly Known[]): void {
    if (members.length < 2) return;
    this.#groups = [{ members, at: 0 }, ...this.#groups.slice(0, MOST_GROUPS - 1)];
  }

  /** The objects to fetch together with one that was missed. */
  with(id: number): number[] {
    for (const group of this.#groups) {
      const place = placeOf(group, id);
      if (place < 0) continue;
      group.at = place;
      const ids: number[] = [];
      for (let i = place + 1; i < group.members.length && ids.length < this.#size; i++) {
        ids.push(...idsOf(group.members[i] as Known));
      }
      this.#size = Math.min(MOST, GROWTH * this.#size);
      return ids;
    }
    return [];
  }
}

/** The member that refers to an object, looked for from the last one on; -1 if none does. */
function placeOf({ members, at }: Group, id: number): number {
  const isIt = (known: Known): boolean => idsOf(known).includes(id);
  const place = members.slice(at).findIndex(isIt);
  return place >= 0 ? at + place : members.slice(0, at).findIndex(isIt);
}

function idsOf({ bytes }: Known): number[] {
  return bytes === undefined ? [] : referencesOf(bytes);
}
