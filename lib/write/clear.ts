import { writer } from '../base/writer.ts';
import { forgetImports } from '../catalog/catalog.ts';
import { native } from '../native/native.ts';
import type { Bounds } from '../read/bounds.ts';
import type { CollectionCore } from '../read/collection-core.ts';
import type { WriteScope } from '../transaction/open-write.ts';

/** Deletes the entries of a range; gives how many there were. */
export function clear({ id, name }: CollectionCore, bounds: Bounds, scope: WriteScope): number {
  const at = writer.position;
  const { lowerLength, upperLength } = bounds.write(at);
  const { flags, limit } = bounds;
  const count = native.clear(scope.handle, id, flags, at, lowerLength, at + lowerLength, upperLength, limit);
  if (count > 0) forgetImports(scope, name);
  return count;
}
