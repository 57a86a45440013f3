import { createRequire } from 'node:module';
import type { SingleBar } from 'cli-progress';
import type { TransferProgress } from '../transfer/progress.ts';

/** The progress of an import or an export, on a terminal. */
interface Progress {
  onProgress?: (progress: TransferProgress) => void;
  stop(): void;
}

/** A bar on standard error if that is a terminal, else nothing. */
export function progressBar(): Progress {
  if (process.stderr.isTTY !== true) return { stop: () => {} };
  const { SingleBar: Bar } = createRequire(import.meta.url)('cli-progress') as { SingleBar: typeof SingleBar };
  let bar: SingleBar | undefined;
  return {
    onProgress({ rows, bytes, totalBytes, rate, secondsLeft }) {
      const payload = {
        rows: rows.toLocaleString('en'),
        rate: Math.round(rate).toLocaleString('en'),
        left: secondsLeft === undefined ? '' : `, ${Math.ceil(secondsLeft)} s left`,
      };
      if (bar === undefined) {
        const figures = '{rows} rows, {rate} a second{left}';
        bar = new Bar({
          format: totalBytes === undefined ? figures : `[{bar}] {percentage}%, ${figures}`,
          barCompleteChar: '=',
          barIncompleteChar: ' ',
          hideCursor: true,
          clearOnComplete: true,
        });
        bar.start(totalBytes ?? 0, bytes, payload);
      } else {
        bar.update(totalBytes === undefined ? 0 : Math.min(bytes, totalBytes), payload);
      }
    },
    stop: () => bar?.stop(),
  };
}
