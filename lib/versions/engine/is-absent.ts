import type { Loaded } from './engine.ts';

/** Whether a key has no value. Copies nothing, as `bytes` of a state that is lent does. */
export function isAbsent(state: Pick<Loaded, 'lent' | 'bytes'>): boolean {
  return state.lent === undefined && state.bytes === undefined;
}
