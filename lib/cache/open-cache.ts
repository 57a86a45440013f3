import { CacheFile } from './cache-file.ts';
import { dropFolder, openFolder } from './cache-folder.ts';

/** What opening a damaged file fails with: its pages, its collections, or what stands in them is not what was written. */
const DAMAGED: readonly unknown[] = [
  'MDB_INVALID',
  'MDB_CORRUPTED',
  'MDB_PAGE_NOTFOUND',
  'MDB_VERSION_MISMATCH',
  'MDB_INCOMPATIBLE',
  'MDB_BAD_VALSIZE',
  'ERR_NO_COLLECTION',
  'ERR_CODEC',
];

/** Opens a cache. One that is damaged is replaced by an empty one: all that it has is on the server, too. `ENOTDIR`, `EACCES`, … */
export function openCache(path: string, capacity: number): CacheFile {
  try {
    return openOnce(path, capacity);
  } catch (error) {
    if (!DAMAGED.includes((error as { code?: unknown }).code)) throw error;
    dropFolder(path);
    return openOnce(path, capacity);
  }
}

function openOnce(path: string, capacity: number): CacheFile {
  const folder = openFolder(path);
  try {
    const file = new CacheFile(folder, capacity);
    file.seen();
    return file;
  } catch (error) {
    // Its file stays where it is: what is damaged must not be taken for whole later.
    folder.env.close();
    throw error;
  }
}
