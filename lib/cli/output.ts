import { OutputClosed } from './failure.ts';

/** So many characters are collected before they are written. */
const WRITE_SIZE = 64 * 1024;

/** Writes to standard output, in large pieces, no faster than it is read. */
export class Output {
  #text = '';
  readonly #stream: NodeJS.WriteStream = process.stdout;
  #failure: NodeJS.ErrnoException | undefined;

  constructor() {
    this.#stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Columns of the terminal. */
  get width(): number {
    // A terminal that does not know its size says 0.
    return this.#stream.columns || 80;
  }

  /** Whether it is time to `flush`. */
  get isFull(): boolean {
    return this.#text.length >= WRITE_SIZE;
  }

  line(text: string): void {
    this.#text += `${text}\n`;
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  /** Writes what has been collected. Throws OutputClosed if the reader has gone. */
  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text === '') return;
    if (this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#stream.write(text, (error) => {
          if (error) this.#failure ??= error;
          resolve();
        });
      });
    }
    if (this.#failure?.code === 'EPIPE') throw new OutputClosed();
    if (this.#failure !== undefined) throw this.#failure;
  }
}
