import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aborted } from '../../base/abort.ts';
import type { StoreCodecs } from '../../client/store-codecs.ts';
import { open } from '../../environment/open.ts';
import { RANGE_REVERSE } from '../../native/constants.ts';
import type { Bounds } from '../../read/bounds.ts';
import { Pace } from '../../transfer/io/progress.ts';
import type { EngineRow } from '../../versions/engine/engine.ts';
import { checkFormat, type ExportCommandOptions, writeExport } from '../commands/export.ts';
import { asUsage, asUsageLater, DONE } from '../failure.ts';
import type { ProgressLine } from '../progress-line.ts';
import { boundsOf } from '../range-options.ts';
import type { AddressOptions } from './address-options.ts';
import { type Connected, onlyForFolders, openRemote, withStore } from './with-store.ts';

/** About how many bytes of rows are read ahead. */
const CREDIT = 2 ** 20;

/**
 * `leasehold export` from a server, as of one commit. An export may have to go over all entries twice. So they are copied to a database in a temporary folder
 * first, which takes as much of the disk as they do.
 */
export function exportRemote(
  address: string,
  name: string,
  target: string | undefined,
  { format, key, ...options }: ExportCommandOptions & AddressOptions,
): Promise<number> {
  onlyForFolders(options, ['distinct']);
  checkFormat(format, target);
  return withStore(address, options, async (connected) => {
    const opened = await openRemote(connected, name);
    const { onEnd: _, ...range } = asUsage(() => boundsOf(options, opened));
    const codecs = await connected.backend.codecs(name, { key: undefined, value: undefined, create: false });
    const bounds = asUsage(() => codecs.bounds(range));
    const folder = mkdtempSync(join(tmpdir(), 'leasehold-export-'));
    const env = open(folder, { durability: 'nosync' });
    try {
      await writeExport(target, { format, key }, async (signal, bar) => {
        const { key: keyCodec, value, anyKeys } = codecs;
        const copied = env.collection(name, { key: keyCodec, value, ...(anyKeys && { keys: 'any' }) } as object);
        const store = (rows: readonly EngineRow[]): void =>
          env.write(() => {
            for (const row of rows) copied.put(codecs.keyOf(row.key) as never, codecs.valueOf(row.bytes) as never);
          });
        await asUsageLater(() => copy(connected, codecs, bounds, store, signal, bar));
        return copied.range({ reverse: isReverse(bounds) });
      });
    } finally {
      env.close();
      rmSync(folder, { recursive: true, force: true });
    }
    return DONE;
  });
}

/** Stores the rows of a range, a transaction for those that come together. */
async function copy(
  { backend }: Connected,
  { name }: StoreCodecs,
  bounds: Bounds,
  store: (rows: readonly EngineRow[]) => void,
  signal: AbortSignal,
  { onProgress }: ProgressLine,
): Promise<void> {
  let { offset, limit } = bounds;
  if (limit === 0) return;
  const pace = new Pace(onProgress, undefined);
  let [rows, size] = [0, 0];
  const { tid, release } = await backend.snapshot();
  const given = { ...bounds.bytes(), reverse: isReverse(bounds) };
  try {
    await backend.engine.range(name, given, tid, CREDIT, async (batch) => {
      if (signal.aborted) throw aborted(signal);
      const skipped = Math.min(offset, batch.rows.length);
      offset -= skipped;
      const taken = batch.rows.slice(skipped, skipped + limit);
      limit -= taken.length;
      store(taken);
      rows += taken.length;
      for (const { key, bytes: value } of taken) size += key.length + value.length;
      await pace.step(rows, size);
      return limit > 0;
    });
  } finally {
    release();
  }
}

function isReverse({ flags }: Bounds): boolean {
  return (flags & RANGE_REVERSE) !== 0;
}
