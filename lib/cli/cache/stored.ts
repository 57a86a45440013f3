import { invalidValue } from '../../base/errors.ts';
import { cacheStat, clearCache, verifyCache } from '../../cache/stored-cache.ts';
import { parseSharedAddress } from '../../cache/stores/open-shared-store.ts';
import { DONE, FAULT } from '../failure.ts';
import { printFields } from '../fields.ts';
import { Output } from '../output.ts';
import { showRemoved } from '../result.ts';

/** So many mistakes are told. */
const MOST_TOLD = 100;

/** `ERR_INVALID_ARG_VALUE` for the address of a cache that several hosts share: only its server knows what is in it. */
function checkFolder(path: string): void {
  const shared = parseSharedAddress(path);
  if (shared === undefined) return;
  const { kind } = shared;
  const ask =
    kind === 'checkpoints'
      ? 'it may be deleted while no program uses it'
      : `ask the server itself, with ${kind === 'redis' ? "'redis-cli info' or 'redis-cli flushdb'" : "its commands 'stats' and 'flush_all'"}`;
  throw invalidValue(
    `this command is for the cache of one host, in a folder. A cache at '${kind}…' forgets what it likes: ${ask}. What a program finds in it, store.counters() says`,
  );
}

/** `leasehold cache stat` */
export async function statCommand(path: string): Promise<number> {
  checkFolder(path);
  const output = new Output();
  const stat = cacheStat(path);
  if (output.isTerminal) printFields(output, Object.entries(stat));
  else output.json(stat);
  await output.flush();
  return DONE;
}

/** `leasehold cache clear` */
export async function clearCommand(path: string): Promise<number> {
  checkFolder(path);
  await showRemoved(clearCache(path));
  return DONE;
}

/** `leasehold cache verify` */
export async function verifyCommand(path: string): Promise<number> {
  checkFolder(path);
  const output = new Output();
  const mistakes = verifyCache(path, MOST_TOLD);
  if (output.isTerminal) {
    for (const mistake of mistakes) output.line(mistake);
    if (mistakes.length === 0) output.line('no mistakes');
  } else output.json({ mistakes });
  await output.flush();
  return mistakes.length === 0 ? DONE : FAULT;
}
