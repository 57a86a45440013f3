import { addName, removeName } from '../../objects/names/edit.ts';
import { registeredStores } from '../../objects/names/registry.ts';
import { asUsage, DONE } from '../failure.ts';
import { Output } from '../output.ts';
import { Table } from '../terminal-table.ts';

interface StoresOptions {
  /** The file of names; by default the user's own. */
  file?: string;
}

/** `leasehold stores list` */
export async function listStores(): Promise<number> {
  const output = new Output();
  const stores = registeredStores();
  if (output.isTerminal && stores.length === 0) output.line('no stores are registered');
  else if (output.isTerminal) {
    const table = new Table(output);
    table.print(
      ['name', 'path', 'from'],
      stores.map(({ name, path, from }) => [name, path, from]),
    );
    table.end();
  } else {
    for (const store of stores) output.json(store);
  }
  await output.flush();
  return DONE;
}

/** `leasehold stores add` */
export async function addStore(name: string, path: string, { file }: StoresOptions): Promise<number> {
  asUsage(() => addName(name, path, file));
  return DONE;
}

/** `leasehold stores remove` */
export async function removeStore(name: string, { file }: StoresOptions): Promise<number> {
  removeName(name, file);
  return DONE;
}
