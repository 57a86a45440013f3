import { performance } from 'node:perf_hooks';
import * as process from 'node:process';
import * as timers from 'node:timers';
import * as promises from 'node:timers/promises';

/*
 * The timers and the clock as they are when leasehold is loaded. Timers drain ended transactions, and a test library that
 * replaces timers later must not stop that. They are taken from Node's modules, not from globalThis, whose timers most
 * test libraries replace.
 */
export const setTimeout: typeof timers.setTimeout = timers.setTimeout;
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;
/** Lets the process end although the timer has not run. */
export function unref(timer: NodeJS.Timeout): void {
  timer.unref();
}
export const setImmediate: typeof timers.setImmediate = timers.setImmediate;
export const clearImmediate: typeof timers.clearImmediate = timers.clearImmediate;
export const microtask: (task: () => void) => void = queueMicrotask;
/** Calls a function when the running code and the microtasks are done, before the event loop goes on. */
export const afterMicrotasks: (task: () => void) => void = process.nextTick;
/** Milliseconds since the thread began. */
export const now: () => number = performance.now.bind(performance);
/** Settles in the next turn of the event loop. */
export const nextTurn: () => Promise<void> = promises.setImmediate;
