import type { Commit } from '../../../lib/index.ts';
import type { Collections } from './store.mjs';

/** What a commit has changed in a collection, with the keys as numbers; `markers` says whose attempts the commit has. */
export interface Changed {
  name: string;
  keys?: number[];
  range?: number[];
  markers?: string[];
}

export class Actions {
  constructor(random: (n: number) => number, collections: Collections, onRead: (name: string, value: unknown) => void);
  changeOf(change: Commit['changes'][number]): Changed;
}
