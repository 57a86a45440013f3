import { invalidType, LeaseholdError } from '../base/errors.ts';
import { loneSurrogate, readText, writeText } from '../base/text.ts';
import type { Writer } from '../base/writer.ts';
import type { Lease } from '../lease/lease.ts';
import { bytesOf, lengthOf, startOf } from '../lease/sink.ts';
import { ON_KEY_TEXT } from '../native/constants.ts';
import type { OrderedCodec } from './codec.ts';
import { acceptSame, ownValueCodec } from './own-codecs.ts';
import { type KeyText, typedJson } from './text-form.ts';

const { stringify } = JSON;

/** The string itself. */
const utf8Text: KeyText = {
  toJson: (view) => stringify(view),
  fromJson: (json) => json,
  toCell: (view) => view as string,
  fromCell: (text) => text,
  typed: {
    wanted: 'a string, as \'"Paris"\'',
    from(text) {
      const json = typedJson(text);
      return typeof json === 'string' ? json : undefined;
    },
  },
  fromField(value, name) {
    if (typeof value !== 'string') throw invalidType(`${name}, of which the key is made,`, 'a string', value);
    return value;
  },
};

/** Strings, stored as UTF-8 and decoded when they are read. As a key codec, they sort by code point. */
export const utf8: OrderedCodec<string, string> = ownValueCodec({
  name: 'utf8',
  description: 'utf8',
  prefix: 'bytes',
  aims: false,
  ordered: true,
  objects: false,
  text: utf8Text,
  join: { kind: 'string', number: ON_KEY_TEXT },
  write: (value: string, writer: Writer) => writeString(writer, value, 'a utf8 key or value'),
  view: readString,
  accept: acceptSame('utf8'),
});

/** Appends a string. `ERR_INVALID_ARG_TYPE`, or `ERR_INVALID_ARG_VALUE` for a lone surrogate. */
export function writeString(writer: Writer, value: unknown, path: string): undefined {
  if (typeof value !== 'string') throw invalidType(path, 'a string', value);
  if (writeText(writer, value) < 0) throw loneSurrogate(path);
}

/** The string at a place of a lease. `ERR_CODEC`, `ERR_LEASE_EXPIRED`. */
export function readString(lease: Lease, at: number): string {
  const start = startOf(lease, at, null);
  const text = readText(bytesOf(lease, at), start, start + lengthOf(lease, at, null));
  if (text === undefined)
    throw new LeaseholdError(
      'ERR_CODEC',
      `the stored ${(at & 2) === 0 ? 'key' : 'value'} is not UTF-8; the codec bytes reads it`,
    );
  return text;
}
