import { invalidType, invalidValue } from '../../base/errors.ts';
import {
  bufferFrom,
  isUint8Array,
  isWellFormed,
  typedArrayBuffer,
  typedArrayByteOffset,
  typedArrayLength,
} from '../../base/primordials.ts';
import { copyBytes } from '../../lease/bytes.ts';

export type Chunk = Uint8Array | string;

/** What gives the chunks of a stream or of another iterable. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function chunksOf(source: unknown): AsyncIterator<unknown> {
  if (typeof source === 'object' && source !== null) {
    const { [Symbol.asyncIterator]: iterate } = source as Partial<AsyncIterable<unknown>>;
    if (typeof iterate === 'function') {
      if (source instanceof ReadableStream && source.locked) {
        throw invalidValue('the input is a stream that somebody reads already: it is locked');
      }
      const chunks: unknown = iterate.call(source);
      if (typeof chunks === 'object' && chunks !== null && 'next' in chunks && typeof chunks.next === 'function') {
        return chunks as AsyncIterator<unknown>;
      }
    } else if (typeof (source as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function' && !isUint8Array(source)) {
      return each(source as Iterable<unknown>);
    }
  }
  throw invalidType('source', 'a path or a stream', source);
}

async function* each(chunks: Iterable<unknown>): AsyncGenerator<unknown> {
  yield* chunks;
}

/** Makes bytes of chunks, which may be texts that begin or end in the middle of a character of two code units. */
export class ChunkDecoder {
  readonly #name: string;
  /** A high surrogate at the end of a text, whose other half is in the next one. */
  #half = '';

  /** `name` is how errors name the input. */
  constructor(name: string) {
    this.#name = name;
  }

  /** `ERR_INVALID_ARG_TYPE` for what is neither bytes nor a text; `ERR_INVALID_ARG_VALUE` for a lone surrogate. */
  decode(chunk: unknown): Buffer {
    if (typeof chunk === 'string') return this.#decodeText(chunk);
    if (!isUint8Array(chunk)) throw invalidType('a chunk of the input', 'a Uint8Array or a string', chunk);
    this.end();
    const length = typedArrayLength(chunk);
    if (length === 0) return Buffer.alloc(0);
    const memory: ArrayBufferLike = typedArrayBuffer(chunk);
    // What another thread may change while it is read is copied.
    return memory instanceof SharedArrayBuffer
      ? bufferFrom(copyBytes(chunk, 0, length).buffer)
      : bufferFrom(memory, typedArrayByteOffset(chunk), length);
  }

  /** No text comes next. */
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
    if (!isWellFormed(text)) throw this.#lone();
    return Buffer.from(text);
  }

  #lone(): Error {
    return invalidValue(`${this.#name} has a text with a lone surrogate, which UTF-8 cannot hold`);
  }
}
