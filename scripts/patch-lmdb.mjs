// Makes the LMDB source from which the addon is compiled: the stock release, from the npm package `lmdb`, with every
// native/lmdb/*.patch applied in the order of their names. Only a checkout needs this: the tarball contains the result.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyPatch, parsePatch } from 'diff';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The files that a build needs, and their licence. */
export const LMDB_FILES = ['mdb.c', 'midl.c', 'lmdb.h', 'midl.h', 'LICENSE', 'COPYRIGHT'];

/** The folder of the stock source. */
export function stockLmdb() {
  const entry = createRequire(import.meta.url).resolve('lmdb');
  const source = join(dirname(dirname(entry)), 'dependencies/lmdb-data-v1/libraries/liblmdb');
  if (!existsSync(join(source, 'mdb.c'))) throw new Error(`LMDB's source is not at ${source}: run npm ci`);
  return source;
}

/**
 * The folder of the patched source. Files that are missing or out of date are made. Each file is replaced in one step, since two builds
 * may do this at the same time.
 */
export function patchedLmdb(
  patches = join(root, 'native/lmdb'),
  target = join(root, 'build/lmdb'),
  stock = stockLmdb(),
) {
  const files = new Map(LMDB_FILES.map((name) => [name, readFileSync(join(stock, name), 'utf8')]));
  for (const name of readdirSync(patches).sort()) {
    if (name.endsWith('.patch')) applyTo(files, name, readFileSync(join(patches, name), 'utf8'));
  }
  mkdirSync(target, { recursive: true });
  const unfinished = mkdtempSync(join(target, 'unfinished-'));
  for (const [name, text] of files) {
    const path = join(target, name);
    // A file whose time does not change is not compiled again.
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    writeFileSync(join(unfinished, name), text);
    renameSync(join(unfinished, name), path);
  }
  rmSync(unfinished, { recursive: true });
  return target;
}

/**
 * Applies a patch to the texts of the files. Every hunk must match in exactly one place, letter by letter: a patch that
 * was made for another source must stop the build.
 */
function applyTo(files, patchName, patch) {
  const refuse = (why) => {
    throw new Error(`native/lmdb/${patchName} cannot be applied: ${why}`);
  };
  const parts = parsePatch(patch).filter(({ hunks }) => hunks.length > 0);
  if (parts.length === 0) refuse('it has no hunks');
  for (const part of parts) {
    const name = part.oldFileName.replace(/^a\//, '');
    const text = files.get(name);
    if (text === undefined) refuse(`it is for ${name}, which is not one of ${LMDB_FILES.join(', ')}`);
    for (const hunk of part.hunks) {
      const old = hunk.lines.filter((line) => /^[ -]/.test(line)).map((line) => `${line.slice(1)}\n`);
      const places = `\n${text}`.split(`\n${old.join('')}`).length - 1;
      if (places !== 1) refuse(`its hunk at line ${hunk.oldStart} of ${name} fits in ${places} places, not in one`);
    }
    const patched = applyPatch(text, part, { fuzzFactor: 0, autoConvertLineEndings: false });
    if (patched === false) refuse(`its hunks for ${name} do not fit one after the other`);
    files.set(name, patched);
  }
}
