import type { Sink } from '../lease/sink.ts';
import { bytes, writeBytes } from '../value/bytes.ts';
import type { Value } from '../value/value.ts';
import type { KeyCodec } from './codec.ts';

const { name, prefix, aims, text, join, view } = bytes;

/** `bytes` for keys: they are always copied into the writer, never Foreign. */
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
