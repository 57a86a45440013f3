import type { ExportOptions } from '../../transfer/export/export-records.ts';
import { type Format, formatOf } from '../../transfer/io/format.ts';
import { exportRecords } from '../../transfer/transfer.ts';
import { openCollection, withDatabase } from '../database.ts';
import { asUsage, DONE, OutputClosed } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { progressLine } from '../progress-line.ts';
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
  const toOutput = target === undefined || target === '-';
  asUsage(() => formatOf(format, toOutput ? undefined : target));
  return withDatabase(path, 'read', async (env) => {
    const opened = openCollection(env, name);
    const entries = asUsage(() => opened.collection.range(boundsOf(range, opened)));
    const bar = progressLine();
    try {
      const result = await interruptible((signal) => {
        const options: ExportOptions = { signal };
        if (format !== undefined) options.format = format;
        if (key !== undefined) options.key = key;
        if (bar.onProgress !== undefined && !(toOutput && process.stdout.isTTY)) options.onProgress = bar.onProgress;
        return exportRecords(entries, toOutput ? process.stdout : target, options);
      });
      bar.stop();
      if (!toOutput) await showExported(result);
      return DONE;
    } catch (error) {
      if (toOutput && isClosed(error)) throw new OutputClosed();
      throw error;
    } finally {
      bar.stop();
    }
  });
}

function isClosed(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if ('code' in at && at.code === 'EPIPE') return true;
  return false;
}
