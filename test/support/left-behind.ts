import { rmSync } from 'node:fs';

/** What the tests of a file have opened and made. It is closed and deleted after them: see clean-up.ts. */
export const environments: { close(): void }[] = [];
export const folders: string[] = [];

export function cleanUp(): void {
  try {
    for (const env of environments.splice(0)) env.close();
  } finally {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}
