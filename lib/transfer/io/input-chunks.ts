import { types } from 'node:util';
import { invalidType, invalidValue } from '../../base/errors.ts';
import { givenBytes } from '../../base/given-bytes.ts';
import { hasUtf8 } from '../../base/text.ts';

export type Chunk = Uint8Array | string;

/** An iterator over the chunks of a stream or of another iterable. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function chunksOf(source: unknown): AsyncIterator<unknown> {
  if (typeof source === 'object' && source !== null) {
    const { [Symbol.asyncIterator]: iterate } = source as Partial<AsyncIterable<unknown>>;
    if (typeof iterate === 'function') {
      if (source instanceof ReadableStream && source.locked) {
        throw invalidValue('the input is a locked stream: somebody else reads it already');
      }
      const chunks: unknown = iterate.call(source);
      if (typeof chunks === 'object' && chunks !== null && 'next' in chunks && typeof chunks.next === 'function') {
        return chunks as AsyncIterator<unknown>;
      }
    } else if (
      typeof (source as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function' &&
      !types.isUint8Array(source)
    ) {
      return each(source as Iterable<unknown>);
    }
  }
  throw invalidType('source', 'a path or a stream', source);
}

async function* each(chunks: Iterable<unknown>): AsyncGenerator<unknown> {
  yield* chunks;
}

/** Converts chunks to bytes. A chunk can be a text, and can begin or end in the middle of a character of two code units. */
export class ChunkDecoder {
  readonly #name: string;
  /** A high surrogate at the end of a text; its low surrogate is in the next text. */
  #half = '';

  /** `name` is the name of the input in errors. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The bytes of a chunk. `ERR_INVALID_ARG_TYPE` if it is neither bytes nor a text, `ERR_INVALID_ARG_VALUE` for a lone surrogate. */
  decode(chunk: unknown): Buffer {
    if (typeof chunk === 'string') return this.#decodeText(chunk);
    const bytes = givenBytes(chunk);
    if (bytes === undefined) throw invalidType('a chunk of the input', 'a Uint8Array or a string', chunk);
    this.end();
    return bytes;
  }

  /** To be called when no text follows. Throws for a lone surrogate at the end. */
  end(): void {
    if (this.#half !== '') throw this.#lone();
  }

  #decodeText(chunk: string): Buffer {
    let text = this.#half + chunk;
    this.#half = '';
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last < 0xdc00) {
      this.#half = text.slice(-1);
      text = text.slice(0, -1);
    }
    if (!hasUtf8(text)) throw this.#lone();
    return Buffer.from(text);
  }

  #lone(): Error {
    return invalidValue(`${this.#name} has a text with a lone surrogate, which UTF-8 cannot encode`);
  }
}
