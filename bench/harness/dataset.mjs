import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from './paths.mjs';

/** The folder of `dataset` in the format `format` (drivers that share a file format share its folder). */
export function datasetFolder(dataset, format) {
  return join(cacheFolder, `${dataset.name}-${dataset.entries}`, format);
}

/**
 * Calls `load(folder)` with a new folder unless the data set is there in that format. A load that was cut short leaves
 * nothing that a later run could take for the data.
 */
export async function ensureDataset(dataset, format, load) {
  const folder = datasetFolder(dataset, format);
  if (existsSync(folder)) return;
  const begin = Date.now();
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  await load(unfinished);
  mkdirSync(dirname(folder), { recursive: true });
  renameSync(unfinished, folder);
  const seconds = Math.round((Date.now() - begin) / 1000);
  console.log(`generated ${dataset.entries.toLocaleString('en')} records for ${format} in ${seconds} s`);
}
