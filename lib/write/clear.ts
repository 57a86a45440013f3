import { writer } from '../base/writer.ts';
import { forgetImports } from '../catalog/catalog.ts';
import { native } from '../native/native.ts';
import type { Bounds } from '../read/bounds.ts';
import type { CollectionCore } from '../read/collection-core.ts';
import type { WriteScope } from '../transaction/open-write.ts';

/** Deletes the entries of a range; gives how many there were. */
export function clear({ id, name }: CollectionCore, bounds: Bounds, scope: WriteScope): number {
  // First: without it, a resumed import would go on behind what is gone; the other way round it only begins anew.
  forgetImports(scope, name);
  const at = writer.position;
  const { lowerLength, upperLength } = bounds.write(at);
  const { flags, limit } = bounds;
  return native.clear(scope.handle, id, flags, at, lowerLength, at + lowerLength, upperLength, limit);
}
