import { randomBytes, utf8Bytes, utf8Slice } from '../../base/platform.ts';
import { COPYING } from '../../catalog/own-collections.ts';
import { COLLECTION_VERSIONS } from '../../native/constants.ts';
import { json } from '../../value/json.ts';
import { utf8 } from '../../value/utf8.ts';
import type { Loaded, Tid } from '../../versions/engine/engine.ts';
import type { Backend } from '../backend.ts';

/** Of which store a target is the unfinished copy. It is a record in a collection of leasehold's own in the target. */
export interface Marker {
  readonly storeId: string;
  /** All that was changed after this commit is to be copied again. */
  readonly tid: Tid;
  /** Whether each record was copied once. */
  readonly isWhole: boolean;
}

const KEY = utf8Bytes('unfinished');
const REMEMBERED = { key: utf8.name, value: json.description, flags: COLLECTION_VERSIONS };

export async function readMarker(backend: Backend): Promise<Marker | undefined> {
  if ((await backend.remembered(COPYING)) === undefined) return undefined;
  let found: Loaded | undefined;
  await backend.engine.load([{ collection: COPYING, key: KEY }], backend.engine.processed(), (state) => {
    found = state;
  });
  const bytes = found?.bytes;
  return bytes === undefined ? undefined : (JSON.parse(utf8Slice(bytes, 0, bytes.length)) as Marker);
}

export async function writeMarker(backend: Backend, marker: Marker): Promise<void> {
  await backend.make(COPYING, REMEMBERED);
  await put(backend, utf8Bytes(JSON.stringify(marker)));
}

export async function removeMarker(backend: Backend): Promise<void> {
  await put(backend, undefined);
}

async function put({ engine }: Backend, bytes: Uint8Array | undefined): Promise<void> {
  await engine.commit({
    commitId: randomBytes(16),
    base: engine.processed(),
    reads: [],
    ranges: [],
    writes: [{ collection: COPYING, key: KEY, bytes }],
  });
}
