import type { ExportResult } from '../transfer/export/export-records.ts';
import type { ImportResult } from '../transfer/import/import-records.ts';
import { Output } from './output.ts';

/** Prints what an import did. */
export function showImported({ errors: _told, ...result }: ImportResult): Promise<void> {
  const { rejected, replaced, ignored } = result;
  return show('imported', result, [
    [rejected, 'left out'],
    [replaced, 'replaced by later ones with the same key'],
    [ignored, 'ignored, since their keys were there'],
  ]);
}

/** Prints what an export did. */
export async function showExported(result: ExportResult): Promise<void> {
  await show('exported', result, []);
}

async function show(
  did: string,
  result: ImportResult | ExportResult,
  also: readonly [count: number, what: string][],
): Promise<void> {
  const { rows, bytes, seconds } = result;
  const output = new Output();
  if (output.isTerminal) {
    const more = also.filter(([count]) => count > 0).map(([count, what]) => `, ${inEnglish(count)} ${what}`);
    output.line(`${inEnglish(rows)} rows ${did}${more.join('')}: ${inEnglish(bytes)} bytes in ${seconds.toFixed(1)} s`);
    if ('key' in result && result.key !== undefined)
      output.line(`their keys are made of ${result.key.join(',')}: import them with --key ${result.key.join(',')}`);
  } else {
    output.json(result);
  }
  await output.flush();
}

function inEnglish(number: number): string {
  return number.toLocaleString('en');
}

/** Prints whether an entry was stored, and whether it replaced one with the same key. */
export async function showStored(result: { readonly stored: number; readonly replaced: number }): Promise<void> {
  const output = new Output();
  if (!output.isTerminal) output.json(result);
  else if (result.stored === 0) output.line('nothing stored: the key has this value already');
  else output.line(result.replaced > 0 ? '1 entry replaced' : '1 entry stored');
  await output.flush();
}

/** Prints how many entries were deleted. */
export async function showRemoved(removed: number): Promise<void> {
  const output = new Output();
  if (output.isTerminal) output.line(`${inEnglish(removed)} ${removed === 1 ? 'entry' : 'entries'} removed`);
  else output.json({ removed });
  await output.flush();
}
