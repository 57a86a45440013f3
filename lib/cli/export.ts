import type { ExportOptions } from '../transfer/export-records.ts';
import { type Format, formatOf } from '../transfer/format.ts';
import { exportRecords } from '../transfer/transfer.ts';
import { progressLine } from './progress-line.ts';
import { openCollection, withDatabase } from './database.ts';
import { asUsage, DONE, OutputClosed } from './failure.ts';
import { interruptible } from './interrupt.ts';
import { showResult } from './result.ts';

/** `leasehold export` */
export function exportCommand(
  path: string,
  name: string,
  target: string | undefined,
  { format }: { format?: Format },
): Promise<number> {
  const toOutput = target === undefined || target === '-';
  asUsage(() => formatOf(format, toOutput ? undefined : target));
  return withDatabase(path, 'read', async (env) => {
    const { collection } = openCollection(env, name);
    const bar = progressLine();
    try {
      const result = await interruptible((signal) => {
        const options: ExportOptions = { signal };
        if (format !== undefined) options.format = format;
        if (bar.onProgress !== undefined && !(toOutput && process.stdout.isTTY)) options.onProgress = bar.onProgress;
        return exportRecords(collection.range(), toOutput ? process.stdout : target, options);
      });
      bar.stop();
      if (!toOutput) await showResult('exported', result);
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
