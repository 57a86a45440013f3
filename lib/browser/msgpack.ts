import type { ValueCodec } from '../value/codec.ts';
import type * as node from '../value/msgpack/msgpack.ts';
import { objectText } from '../value/object-text.ts';
import { acceptSame, ownValueCodec } from '../value/own-codecs.ts';
import { notInBrowser } from './refused.ts';

// In a browser, instead of lib/value/msgpack/msgpack.ts. No store has collections with this codec, which keeps data of its own in the database (see StoreCodecs).
// It is here so that they are refused by its name.

/** `ERR_NOT_IN_BROWSER` */
function refuse(): never {
  throw notInBrowser('msgpack: use json or a struct');
}

export const msgpack: ValueCodec<unknown, unknown> = ownValueCodec({
  name: 'msgpack',
  description: 'msgpack',
  aims: false,
  ordered: false,
  objects: true,
  text: objectText,
  write: refuse,
  view: refuse,
  accept: acceptSame('msgpack'),
  bind: refuse,
});

export const msgpackOf: typeof node.msgpackOf = () => msgpack as never;
