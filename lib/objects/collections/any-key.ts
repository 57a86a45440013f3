import { inspectAsName } from '../../base/inspect.ts';
import type { Writer } from '../../base/writer.ts';
import type { Key } from '../../key/key.ts';
import { tuple } from '../../key/tuple.ts';
import type { Lease } from '../../lease/lease.ts';
import type { RowKeyCodec } from './row-key.ts';

/**
 * The codec of collections that name none: a key is anything that can be an element of a tuple, so a string, a number or an array, and it sorts as that. It
 * is stored as a tuple with one element.
 */
export const anyKey: RowKeyCodec = Object.freeze(
  inspectAsName({
    name: 'any',
    prefix: 'elements',
    write: (key: never, writer: Writer): void => tuple.write([key], writer),
    view: (lease: Lease, at: number): unknown => (tuple.view(lease, at) as Key).toArray()[0],
  } satisfies RowKeyCodec),
);
