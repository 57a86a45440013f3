import type { Sink } from '../lease/sink.ts';
import { bytes, writeBytes } from '../value/bytes.ts';
import type { Value } from '../value/value.ts';
import type { KeyCodec } from './codec.ts';

const { name, prefix, aims, text, join, view } = bytes;

/** The codec `bytes` for keys. It always copies a key to the writer: only values can be Foreign. */
export const keyBytes: KeyCodec<Uint8Array | Sink, Value> = Object.freeze({
  name,
  prefix,
  aims,
  text,
  join,
  asValue: bytes,
  write: (key, writer) => writeBytes(writer, key, 'key'),
  view,
} satisfies KeyCodec<Uint8Array | Sink, Value>);
