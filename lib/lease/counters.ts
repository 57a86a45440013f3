/** What an environment counts of its leases; `env.counters()` shows it. */
export class Counters {
  bytesCopied = 0;
  rowsMoved = 0;
  leases = 0;
  drains = 0;

  moved(rows: number, bytes: number): void {
    this.rowsMoved += rows;
    this.bytesCopied += bytes;
  }
}
