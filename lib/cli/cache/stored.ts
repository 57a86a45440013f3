import { cacheStat, clearCache, verifyCache } from '../../cache/stored-cache.ts';
import { DONE, FAULT } from '../failure.ts';
import { printFields } from '../fields.ts';
import { Output } from '../output.ts';
import { showRemoved } from '../result.ts';

/** So many mistakes are told. */
const MOST_TOLD = 100;

/** `leasehold cache stat` */
export async function statCommand(path: string): Promise<number> {
  const output = new Output();
  const stat = cacheStat(path);
  if (output.isTerminal) printFields(output, Object.entries(stat));
  else output.json(stat);
  await output.flush();
  return DONE;
}

/** `leasehold cache clear` */
export async function clearCommand(path: string): Promise<number> {
  await showRemoved(clearCache(path));
  return DONE;
}

/** `leasehold cache verify` */
export async function verifyCommand(path: string): Promise<number> {
  const output = new Output();
  const mistakes = verifyCache(path, MOST_TOLD);
  if (output.isTerminal) {
    for (const mistake of mistakes) output.line(mistake);
    if (mistakes.length === 0) output.line('no mistakes');
  } else output.json({ mistakes });
  await output.flush();
  return mistakes.length === 0 ? DONE : FAULT;
}
