import { statSync } from 'node:fs';
import { join } from 'node:path';
import { withDatabase } from '../database.ts';
import { DONE } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { Output } from '../output.ts';

/** `leasehold copy` */
export function copy(path: string, target: string, { compact }: { compact?: true }): Promise<number> {
  return withDatabase(path, 'read', async (env) => {
    await interruptible(async (signal) => {
      // When the environment is closed, the copy deletes what it has written.
      signal.addEventListener('abort', () => env.close());
      await env.copy(target, { compact: compact === true });
    });
    const bytes = statSync(join(target, 'data.mdb')).size;
    const output = new Output();
    if (output.isTerminal) output.line(`${bytes} bytes copied to ${target}`);
    else output.json({ path: target, bytes });
    await output.flush();
    return DONE;
  });
}
