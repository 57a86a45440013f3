import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder that all test files share, for things that take long to make. It is deleted after all tests. */
    sharedFolder: string;
  }
}

/** Runs for each project. The first project makes the folder. */
export function setup(project: TestProject): (() => void) | undefined {
  const known = process.env['LEASEHOLD_SHARED_FOLDER'];
  if (known !== undefined) {
    project.provide('sharedFolder', known);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-shared-'));
  process.env['LEASEHOLD_SHARED_FOLDER'] = folder;
  // Some tests read it as another user.
  chmodSync(folder, 0o755);
  project.provide('sharedFolder', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
