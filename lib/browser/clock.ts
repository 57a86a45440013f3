import type * as node from '../base/clock.ts';

// In a browser, instead of lib/base/clock.ts.
const { clearTimeout: clear, performance, queueMicrotask, setTimeout: set } = globalThis;

export const setTimeout: typeof node.setTimeout = set.bind(globalThis) as never;
export const clearTimeout: typeof node.clearTimeout = clear.bind(globalThis) as never;
export const microtask: typeof node.microtask = queueMicrotask.bind(globalThis);
/** There is no other way to be called before the event loop goes on. What later microtasks write is sent separately. */
export const afterMicrotasks: typeof node.afterMicrotasks = microtask;
export const now: typeof node.now = performance.now.bind(performance);
/** A page does not end by itself. */
export function unref(_timer: NodeJS.Timeout): void {}
export const nextTurn: typeof node.nextTurn = () => new Promise((resolve) => void setTimeout(resolve, 0));
