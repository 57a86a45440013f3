import { writer } from '../base/writer.ts';
import { forgetImports } from '../catalog/catalog.ts';
import { native } from '../native/native.ts';
import type { Bounds } from '../read/bounds.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { OpenWrite } from '../transaction/open-write.ts';

/** Deletes the entries of a range; gives how many there were. */
export function clear({ id, name }: OpenCollection, bounds: Bounds, transaction: OpenWrite): number {
  // First: without it, a resumed import would go on behind what is gone; the other way round it only begins anew.
  forgetImports(transaction, name);
  const at = writer.position;
  const { lowerLength, upperLength } = bounds.write(at);
  const { flags, limit } = bounds;
  return native.clear(transaction.handle, id, flags, at, lowerLength, at + lowerLength, upperLength, limit);
}
