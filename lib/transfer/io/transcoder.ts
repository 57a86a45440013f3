import { types } from 'node:util';
import { invalidValue } from '../../base/errors.ts';

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** Converts a text that is not UTF-8. */
export class Transcoder {
  readonly #label: string;

  private constructor(label: string) {
    this.#label = label;
  }

  /**
   * A transcoder for an encoding by its name in the WHATWG's standard (`'utf-16le'`, `'windows-1252'`, `'shift_jis'`, …); undefined for
   * UTF-8, or if no encoding is given. `ERR_INVALID_ARG_VALUE` for an unknown one.
   */
  static of(encoding: string | undefined): Transcoder | undefined {
    if (encoding === undefined) return undefined;
    try {
      const { encoding: name } = new TextDecoder(encoding, { fatal: true });
      return name === 'utf-8' ? undefined : new Transcoder(encoding);
    } catch {
      throw invalidValue(
        `there is no encoding ${JSON.stringify(encoding)}: give a name of the WHATWG's standard, such as 'utf-16le', 'windows-1252' or 'shift_jis'`,
      );
    }
  }

  /** Decodes chunks of bytes to texts. Chunks that are texts stay as they are. `name` is the name of the input in errors. */
  decode(chunks: AsyncIterator<unknown>, name: string): AsyncIterator<unknown> {
    const decoder = new TextDecoder(this.#label, { fatal: true });
    let bytes = 0;
    let ended = false;
    const decode = (chunk?: Uint8Array): string => {
      try {
        return decoder.decode(chunk, { stream: chunk !== undefined });
      } catch {
        throw invalidValue(`${name} is not ${this.#label}: see the bytes after byte ${bytes}`);
      }
    };
    // Not a generator, which cannot be ended while it waits for a chunk.
    return {
      next: async () => {
        const result = ended ? DONE : await chunks.next();
        if (result.done === true) {
          const last = ended ? '' : decode();
          ended = true;
          return last === '' ? DONE : { done: false, value: last };
        }
        const { value } = result;
        if (!types.isUint8Array(value)) return result;
        const text = decode(value);
        bytes += value.length;
        return { done: false, value: text };
      },
      return: async () => (await chunks.return?.()) ?? DONE,
    };
  }
}
