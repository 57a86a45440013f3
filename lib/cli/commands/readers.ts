import { withDatabase } from '../database.ts';
import { DONE } from '../failure.ts';
import { Output } from '../output.ts';
import { Table } from '../terminal-table.ts';

/** `leasehold readers` */
export function readers(path: string, { check }: { check?: true }): Promise<number> {
  return withDatabase(path, 'read', async (env) => {
    const output = new Output();
    if (check === true) {
      const freed = env.checkReaders();
      if (output.isTerminal) output.line(`${freed} ${freed === 1 ? 'slot' : 'slots'} of dead processes freed`);
      else output.json({ freed });
    }
    const found = env.readers();
    if (!output.isTerminal)
      for (const { pid, thread, transaction } of found) output.json({ pid, thread, transaction: transaction ?? null });
    else if (found.length === 0) output.line('no readers');
    else
      new Table(output).print(
        ['pid', 'thread', 'transaction'],
        found.map(({ pid, thread, transaction }) => [pid, thread, transaction]),
      );
    await output.flush();
    return DONE;
  });
}
