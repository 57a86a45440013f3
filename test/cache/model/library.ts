import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CacheFile } from '../../../lib/cache/cache-file.ts';
import type { openFolder } from '../../../lib/cache/cache-folder.ts';
import type { CachedEngine } from '../../../lib/cache/cached-engine.ts';
import type { RemoteEngine } from '../../../lib/client/remote/remote-engine.ts';
import type { writeChange } from '../../../lib/wire/change-message.ts';
import type { readCommit } from '../../../lib/wire/commit-message.ts';
import type { FrameReader } from '../../../lib/wire/frame-reader.ts';
import type { FrameWriter } from '../../../lib/wire/frame-writer.ts';
import type { readClientHello, writeHello } from '../../../lib/wire/hello.ts';
import type { Payload } from '../../../lib/wire/payload.ts';
import type { Kind } from '../../../lib/wire/protocol.ts';
import type { readScan } from '../../../lib/wire/range-message.ts';

/** What of the library the model drives, or speaks the protocol with. */
export interface ClientLibrary {
  readonly CacheFile: typeof CacheFile;
  readonly openFolder: typeof openFolder;
  readonly CachedEngine: typeof CachedEngine;
  readonly RemoteEngine: typeof RemoteEngine;
  readonly FrameReader: typeof FrameReader;
  readonly FrameWriter: typeof FrameWriter;
  readonly Payload: typeof Payload;
  readonly Kind: typeof Kind;
  readonly readClientHello: typeof readClientHello;
  readonly writeHello: typeof writeHello;
  readonly writeChange: typeof writeChange;
  readonly readCommit: typeof readCommit;
  readonly readScan: typeof readScan;
}

import { temporaryFolder } from '../../support/fixture.ts';
import { folders } from '../../support/left-behind.ts';

interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/** The timers of a copy of the library. Time moves only when the model says so. */
export class FakeClock {
  now = 0;
  #timers: Timer[] = [];

  readonly setTimeout = (task: () => void, ms = 0): Timer & { unref(): unknown } => {
    const timer = { at: this.now + ms, task, unref: () => timer };
    this.#timers.push(timer);
    return timer;
  };

  readonly clearTimeout = (timer: unknown): void => {
    this.#timers = this.#timers.filter((each) => each !== timer);
  };

  /** Goes on to the next timer, and runs it. */
  next(): void {
    const first = this.#timers.reduce<Timer | undefined>((a, b) => (a === undefined || b.at < a.at ? b : a), undefined);
    if (first === undefined) return;
    this.clearTimeout(first);
    this.now = Math.max(this.now, first.at);
    first.task();
  }

  /** Runs what is due without time moving: what waits for the end of a turn. */
  runDue(): void {
    for (const timer of this.#timers.filter(({ at }) => at <= this.now)) {
      this.clearTimeout(timer);
      timer.task();
    }
  }

  clear(): void {
    this.#timers = [];
  }
}

const CLOCK = Symbol.for('the clock of the model of a cache');
/** The timers that a copy of the library runs on. */
export const clock: FakeClock = new FakeClock();
(globalThis as { [CLOCK]?: FakeClock })[CLOCK] = clock;

const FAKE_CLOCK = `
const clock = globalThis[Symbol.for('the clock of the model of a cache')];
export const setTimeout = clock.setTimeout;
export const clearTimeout = clock.clearTimeout;
export const setImmediate = (task) => clock.setTimeout(task, 0);
export const clearImmediate = clock.clearTimeout;
export const unref = () => {};
export const microtask = queueMicrotask;
export const afterMicrotasks = process.nextTick;
export const now = () => clock.now;
export const nextTurn = () => new Promise((resolve) => clock.setTimeout(resolve, 0));
`;

/** A folder in memory, where the system has one: a cache is opened and closed thousands of times. */
export function memoryFolder(): string {
  if (!existsSync('/dev/shm')) return temporaryFolder();
  const folder = mkdtempSync('/dev/shm/leasehold-');
  folders.push(folder);
  return folder;
}

/** Loads a copy of the library, in which it gets the clock of the model. */
export function loadClient(folder: string): Promise<ClientLibrary> {
  return loadOnFakeClock(folder, [
    'cache/cache-file.js',
    'cache/cache-folder.js',
    'cache/cached-engine.js',
    'client/remote/remote-engine.js',
    'wire/frame-reader.js',
    'wire/frame-writer.js',
    'wire/payload.js',
    'wire/protocol.js',
    'wire/hello.js',
    'wire/change-message.js',
    'wire/commit-message.js',
    'wire/range-message.js',
  ]);
}

/** Loads files of a copy of the library, which gets the clock of the model: all that they export. */
export async function loadOnFakeClock<T>(folder: string, files: readonly string[]): Promise<T> {
  const dist = join(folder, 'dist');
  writeFileSync(join(dist, 'base/clock.js'), FAKE_CLOCK);
  const loaded = await Promise.all(
    files.map((file) => import(/* @vite-ignore */ pathToFileURL(join(dist, file)).href)),
  );
  return Object.assign({}, ...loaded) as T;
}
