import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/**
 * A folder that the first test file that needs it makes for all. Every user can read it. `make`: fills the folder that it is
 * given, which has another name until it is whole; of two files that do so at once, one is first.
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
