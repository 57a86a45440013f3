import { installStore } from '../../client/store-tools/install-store.ts';
import { asUsageLater, DONE } from '../failure.ts';
import { Output } from '../output.ts';

/** `leasehold store install` */
export async function installCommand(address: string): Promise<number> {
  const installed = await asUsageLater(() => installStore(address));
  const output = new Output();
  if (!output.isTerminal) output.json({ installed });
  else output.line(installed ? 'the store is installed' : 'there is a store already: nothing was changed');
  await output.flush();
  return DONE;
}
