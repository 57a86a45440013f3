import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CheckpointedEngine } from '../../../lib/cache/checkpoints/checkpointed-engine.ts';
import type { decodeItem, encodeItem } from '../../../lib/cache/checkpoints/item.ts';
import type { ItemNames } from '../../../lib/cache/checkpoints/item-names.ts';
import { builtLibrary } from '../../support/child.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import type { Break } from '../../versions/model/break.ts';

/** What of the library the model drives. */
export interface CheckpointLibrary {
  readonly CheckpointedEngine: typeof CheckpointedEngine;
  readonly ItemNames: typeof ItemNames;
  readonly encodeItem: typeof encodeItem;
  readonly decodeItem: typeof decodeItem;
}

const FILES = ['checkpointed-engine.js', 'item.js', 'item-names.js'];

/** The library as it is built, or with something broken in it. */
export async function loadCheckpoints(what?: Break): Promise<CheckpointLibrary> {
  const built = builtLibrary('files');
  const folder = temporaryFolder();
  cpSync(join(built, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const name of ['build', 'node_modules', 'package.json']) symlinkSync(join(built, name), join(folder, name));
  if (what !== undefined) change(join(folder, 'dist', what.file), what);
  const parts = FILES.map((file) => import(pathToFileURL(join(folder, 'dist/cache/checkpoints', file)).href));
  return Object.assign({}, ...((await Promise.all(parts)) as object[])) as CheckpointLibrary;
}

function change(path: string, { file, from, to }: Break): void {
  const text = readFileSync(path, 'utf8');
  const times = text.split(from).length - 1;
  if (times !== 1) throw new Error(`'${from}' stands ${times} times in ${file}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
}
