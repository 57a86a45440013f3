import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';
import * as promises from 'node:timers/promises';

/*
 * The timers and the clock as they are when leasehold is loaded. What ended transactions have lent is moved by timers: a test
 * library that replaces them later must not stop that. Taken from Node's modules and not from globalThis, which most
 * test libraries replace first.
 */
export const setTimeout: typeof timers.setTimeout = timers.setTimeout;
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;
export const setImmediate: typeof timers.setImmediate = timers.setImmediate;
export const clearImmediate: typeof timers.clearImmediate = timers.clearImmediate;
export const microtask: (task: () => void) => void = queueMicrotask;
/** Milliseconds since the thread began. */
export const now: () => number = performance.now.bind(performance);
/** Settles in the next turn of the event loop. */
export const nextTurn: () => Promise<void> = promises.setImmediate;
