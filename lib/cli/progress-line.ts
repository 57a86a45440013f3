import type { TransferProgress } from '../transfer/io/progress.ts';

/** The progress of an import or an export, on a terminal. */
export interface ProgressLine {
  onProgress?: (progress: TransferProgress) => void;
  /** Clears the line. */
  stop(): void;
}

const LONGEST_BAR = 40;
const SHORTEST_BAR = 8;

/**
 * A line on standard error if that is a terminal, else nothing. It changes no mode of the terminal (cursor, wrapping), so the
 * terminal is as before, however the process ends.
 */
export function progressLine(): ProgressLine {
  const stream = process.stderr;
  if (stream.isTTY !== true) return { stop: () => {} };
  let shown = false;
  return {
    onProgress(progress) {
      shown = true;
      stream.write(`\r${lineOf(progress, (stream.columns || 80) - 1)}\u001b[K`);
    },
    stop() {
      if (shown) stream.write('\r\u001b[K');
      shown = false;
    },
  };
}

/** The text of the line, at most `width` characters: a line that wraps could not be overwritten. */
function lineOf({ rows, bytes, totalBytes, rate, secondsLeft }: TransferProgress, width: number): string {
  let text = `${rows.toLocaleString('en')} rows, ${Math.round(rate).toLocaleString('en')} a second`;
  if (secondsLeft !== undefined) text += `, ${Math.ceil(secondsLeft)} s left`;
  if (totalBytes !== undefined) {
    const done = totalBytes === 0 ? 1 : Math.min(bytes / totalBytes, 1);
    text = `${Math.floor(100 * done)}%, ${text}`;
    const room = Math.min(width - text.length - '[] '.length, LONGEST_BAR);
    if (room >= SHORTEST_BAR) text = `[${'='.repeat(Math.round(room * done)).padEnd(room)}] ${text}`;
  }
  return text.slice(0, width);
}
