import { askChild, type ChildOptions } from '../../support/child.ts';

/** Runs a program in a process of its own, with the exports of `leasehold/objects`. Returns the first thing that it passes to `tell`. */
export function runInChild(source: string, args: unknown, options?: ChildOptions): unknown {
  return askChild(
    `const objects = await import(library + '/dist/objects.js');
    {
      const { openStore, PersistentMap, persistent, ref, t } = objects;
      ${source}
    }
    process.exit(0);`,
    args,
    options,
  );
}
