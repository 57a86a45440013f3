/** The counts of an environment's leases, for `env.counters()`. */
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
