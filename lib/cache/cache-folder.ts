import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { open } from '../environment/open.ts';
import { makeDirectory } from '../transaction/directory.ts';

/*
 * The folder of a cache has one folder, named after the boot of the system, with an environment and a file for each process that uses it:
 *
 *   cache/<id of the boot>/data.mdb, lock.mdb, open-<random>
 *
 * The environment has durability 'nosync': after the system has stopped in the middle, it may be damaged. A process makes its file, on the disk, before
 * it writes, and deletes it once everything is on the disk. So a folder of an earlier boot that has no such file is whole, and is renamed to that of this
 * boot; one that has, is deleted, before anybody opens it. Of several processes that do so at once, one succeeds in renaming.
 */

/** How the file of a process begins. */
export const PROCESS = 'open-';
const DELETED = 'deleted-';
/** How long to wait for another process in its transaction, which should take less than a ms. */
const LOCK_TIMEOUT = 5000;
/** The names that are made here. Whatever else is in the folder is left alone. */
const OWN = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|boot-\d+|deleted-[0-9a-f]{16})$/;

/** An open cache. */
export interface OpenFolder {
  readonly env: Environment;
  /** To be called once the environment is closed, and all of it on the disk. */
  readonly isWhole: () => void;
}

/** Opens the environment of a cache, and makes it if it is absent, or if the system has stopped while it was used. `ENOTDIR`, `EACCES`, what `open` throws. */
export function openFolder(path: string, boot: string = bootId()): OpenFolder {
  makeDirectory(path, 'open');
  const folder = join(path, boot);
  takeOver(path, boot);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mark = join(folder, `${PROCESS}${randomBytes(8).toString('hex')}`);
  closeSync(openSync(mark, 'wx', 0o600));
  flushFolder(folder);
  flushFolder(path);
  try {
    const env = open(folder, { durability: 'nosync', lockTimeout: LOCK_TIMEOUT });
    return { env, isWhole: () => unlinkSync(mark) };
  } catch (error) {
    unlinkSync(mark);
    throw error;
  }
}

/** The folder with the environment of a cache, undefined if there is none: for those who only look. */
export function folderOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const found = ownNames(path).filter((name) => !name.startsWith(DELETED));
  const name = found.includes(bootId()) ? bootId() : found[0];
  return name === undefined ? undefined : join(path, name);
}

/** Makes folders of earlier boots that of this one, or deletes them. */
function takeOver(path: string, boot: string): void {
  for (const name of ownNames(path)) {
    if (name === boot) continue;
    const old = join(path, name);
    try {
      const isWhole = !name.startsWith(DELETED) && !readdirSync(old).some((file) => file.startsWith(PROCESS));
      if (isWhole && !ownNames(path).includes(boot)) {
        renameSync(old, join(path, boot));
        continue;
      }
      remove(path, name);
    } catch (error) {
      passIfGone(error);
    }
  }
}

/** Deletes the environment of a cache, although others may have it open: they go on without it. */
export function dropFolder(path: string, boot: string = bootId()): void {
  try {
    remove(path, boot);
  } catch (error) {
    passIfGone(error);
  }
}

/** Under another name first: nobody opens a folder of which a part is gone. */
function remove(path: string, name: string): void {
  const deleted = name.startsWith(DELETED) ? name : `${DELETED}${randomBytes(8).toString('hex')}`;
  if (deleted !== name) renameSync(join(path, name), join(path, deleted));
  rmSync(join(path, deleted), { recursive: true, force: true });
}

/** Another process was faster. */
function passIfGone(error: unknown): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
}

function ownNames(path: string): string[] {
  return readdirSync(path).filter((name) => OWN.test(name));
}

/** The same as long as the system runs, another one after it has started again. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // A time that is a little off drops the cache, and does no harm.
    return `boot-${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}

function flushFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
