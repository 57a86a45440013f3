import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type * as objects from '../../../lib/objects/index.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { copyIn, type ObjectsLibrary, type Real } from '../model/library.ts';

/** Two programs have different versions of the same classes, and work on one store. */
export type Version = 'old' | 'new';

/** What `extra` of an Item is if the old program has made it. */
export const EXTRA = 7;

export interface Program {
  readonly version: Version;
  readonly library: ObjectsLibrary;
  readonly item: new (fields: object) => Real;
  /** Transactions that change one at the same time are merged: what both add is added. */
  readonly tally: new (
    fields: object,
  ) => Real;
  /** The new program has `name` in the place of `label`, and a text in the place of the number `total`. */
  readonly moved: new (
    fields: object,
  ) => Real;
}

/** Registers the classes of a version. A library can be given once for each version. */
export function program(library: ObjectsLibrary, version: Version): Program {
  const { persistent, ref, t }: typeof objects = library['objects/index'];
  const shared = { n: t.i32, link: ref().optional(), note: t.json() };
  const item = version === 'old' ? shared : { ...shared, extra: t.i32 };
  const defaults = version === 'old' ? {} : { defaults: { extra: EXTRA } };
  // Each program understands what the other one has stored.
  const options = (number: number | string, name: string, earlier: string) => ({
    renamed: { [name]: [earlier] },
    upgrade: ({ total }: { readonly [field: string]: unknown }) => ({
      total: typeof number === 'number' ? Number(total) : `${total}`,
    }),
  });
  const moved =
    version === 'old'
      ? persistent('programs.Moved', { label: t.utf8, total: t.i32 }, options(0, 'label', 'name'))(class {})
      : persistent('programs.Moved', { name: t.utf8, total: t.utf8 }, options('', 'name', 'label'))(class {});
  return {
    version,
    library,
    item: persistent('programs.Item', item, defaults)(class {}) as never,
    tally: persistent(
      'programs.Tally',
      { n: t.f64 },
      { resolve: (base, committed, mine) => ({ n: Number(committed['n']) + Number(mine['n']) - Number(base['n']) }) },
    )(class {}) as never,
    moved: moved as never,
  };
}

/**
 * Another copy of the library in `folder`, in this process, with the code in `dist`. It has the same addon, since a process must not open a database in two addons that do not know
 * of each other.
 */
export async function secondCopy(folder: string, dist: string): Promise<ObjectsLibrary> {
  const second = temporaryFolder();
  for (const name of ['package.json', 'node_modules']) symlinkSync(join(folder, name), join(second, name));
  mkdirSync(join(second, 'build'));
  symlinkSync(join(folder, 'build/Release'), join(second, 'build/Release'));
  cpSync(dist, join(second, 'dist'), { recursive: true });
  return copyIn(second);
}
