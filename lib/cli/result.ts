import type { TransferResult } from '../transfer/import-records.ts';
import { Output } from './output.ts';

/** Tells what an import or an export did. */
export async function showResult(did: 'imported' | 'exported', result: TransferResult): Promise<void> {
  const { rows, bytes, rejected, seconds } = result;
  const output = new Output();
  if (output.isTerminal) {
    const left = rejected === 0 ? '' : `, ${rejected.toLocaleString('en')} left out`;
    output.line(
      `${rows.toLocaleString('en')} rows ${did}${left}: ${bytes.toLocaleString('en')} bytes in ${seconds.toFixed(1)} s`,
    );
  } else {
    output.json({ rows, bytes, rejected, seconds });
  }
  await output.flush();
}
