import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder that all test files share, and that goes when they have run: what takes long is made in it once. */
    sharedFolder: string;
  }
}

export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-shared-'));
  // Some tests read it as another user.
  chmodSync(folder, 0o755);
  project.provide('sharedFolder', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
