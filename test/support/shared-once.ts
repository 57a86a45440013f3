import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/**
 * A folder that is made once for all test files: by the first file that needs it. Every user can read it. `make` fills a folder with another
 * name, which is renamed once it is complete. If two files do this at the same time, the first rename counts.
 */
export function sharedOnce(name: string, make: (folder: string) => void): string {
  const shared = inject('sharedFolder');
  const made = join(shared, name);
  if (existsSync(made)) return made;
  const making = mkdtempSync(join(shared, 'making-'));
  chmodSync(making, 0o755);
  make(making);
  try {
    renameSync(making, made);
  } catch (error) {
    if (!existsSync(made)) throw error;
    rmSync(making, { recursive: true });
  }
  return made;
}
