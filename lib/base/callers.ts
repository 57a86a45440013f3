import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from './package-root.ts';

/** The folders of leasehold's own code, as stack traces name them: as it is run, and as source maps show it; as paths and as URLs. */
const OWN = ['dist/', 'lib/'].flatMap((folder) => {
  const path = join(packageRoot, folder);
  return [path, pathToFileURL(path).href];
});

/** How many frames of a stack are read, and how many callers are shown. */
const FRAMES = 20;
const SHOWN = 3;

const { captureStackTrace } = Error;

/**
 * The code that called leasehold, as lines of a stack trace; empty if there is none. Takes some microseconds. Runs user code
 * if there is an `Error.prepareStackTrace`.
 */
export function callers(): string {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = FRAMES;
    const trace: { stack?: unknown } = {};
    captureStackTrace(trace, callers);
    const [, ...frames] = String(trace.stack).split('\n');
    const first = frames.findIndex((frame) => !OWN.some((folder) => frame.includes(folder)));
    // In a bundle all frames are of one file, and none is found to be outside.
    return frames.slice(Math.max(first, 0), Math.max(first, 0) + SHOWN).join('\n');
  } catch {
    // The limit is frozen, or the stack overflowed.
    return '';
  } finally {
    Reflect.set(Error, 'stackTraceLimit', limit);
  }
}
