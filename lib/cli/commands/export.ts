import type { Entries, EntryLike } from '../../read/entry-source.ts';
import type { ExportOptions } from '../../transfer/export/export-records.ts';
import { type Format, formatOf } from '../../transfer/io/format.ts';
import { exportRecords } from '../../transfer/transfer.ts';
import { openCollection, withDatabase } from '../database.ts';
import { asUsage, DONE, OutputClosed } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { type ProgressLine, progressLine } from '../progress-line.ts';
import { boundsOf, type RangeCommandOptions } from '../range-options.ts';
import { showExported } from '../result.ts';

export interface ExportCommandOptions extends RangeCommandOptions {
  format?: Format;
  key?: string[] | false;
}

/** `leasehold export` */
export function exportCommand(
  path: string,
  name: string,
  target: string | undefined,
  { format, key, ...range }: ExportCommandOptions,
): Promise<number> {
  checkFormat(format, target);
  return withDatabase(path, 'read', async (env) => {
    const opened = openCollection(env, name);
    const entries = asUsage(() => opened.collection.range(boundsOf(range, opened)));
    await writeExport(target, { format, key }, async () => entries);
    return DONE;
  });
}

/** Throws a `Failure` if the format of an export cannot be known. */
export function checkFormat(format: Format | undefined, target: string | undefined): void {
  asUsage(() => formatOf(format, isOutput(target) ? undefined : target));
}

/** Exports the entries that `find` gives, with progress on a terminal. A signal that asks the process to end aborts both. */
export async function writeExport(
  target: string | undefined,
  { format, key }: { readonly format: Format | undefined; readonly key: string[] | false | undefined },
  find: (signal: AbortSignal, progress: ProgressLine) => Promise<Entries<EntryLike>>,
): Promise<void> {
  const toOutput = isOutput(target);
  const bar = toOutput && process.stdout.isTTY ? { stop: () => {} } : progressLine();
  try {
    const result = await interruptible(async (signal) => {
      const entries = await find(signal, bar);
      const options: ExportOptions = { signal };
      if (format !== undefined) options.format = format;
      if (key !== undefined) options.key = key;
      if (bar.onProgress !== undefined) options.onProgress = bar.onProgress;
      return exportRecords(entries, toOutput ? process.stdout : (target as string), options);
    });
    bar.stop();
    if (!toOutput) await showExported(result);
  } catch (error) {
    if (toOutput && isClosed(error)) throw new OutputClosed();
    throw error;
  } finally {
    bar.stop();
  }
}

function isOutput(target: string | undefined): boolean {
  return target === undefined || target === '-';
}

function isClosed(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if ('code' in at && at.code === 'EPIPE') return true;
  return false;
}
