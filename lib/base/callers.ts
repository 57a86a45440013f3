import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from './package-root.ts';

/** Where leasehold's own code lies, as stacks name it: as it is run, and as source maps show it; by URL or by path. */
const OWN = ['dist/', 'lib/'].flatMap((folder) => {
  const path = join(packageRoot, folder);
  return [path, pathToFileURL(path).href];
});

/** The frames of a stack that are looked at, and the callers that are shown of them. */
const FRAMES = 20;
const SHOWN = 3;

const { captureStackTrace } = Error;

/**
 * The code outside of leasehold that called it, as the lines of a stack trace; empty if there is none. Takes some microseconds.
 * Runs user code if there is an `Error.prepareStackTrace`.
 */
export function callers(): string {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = FRAMES;
    const trace: { stack?: unknown } = {};
    captureStackTrace(trace, callers);
    const [, ...frames] = String(trace.stack).split('\n');
    const first = frames.findIndex((frame) => !OWN.some((folder) => frame.includes(folder)));
    // In a bundle all frames are of one file.
    return frames.slice(Math.max(first, 0), Math.max(first, 0) + SHOWN).join('\n');
  } catch {
    // The limit is frozen, or the stack has no room.
    return '';
  } finally {
    Reflect.set(Error, 'stackTraceLimit', limit);
  }
}
