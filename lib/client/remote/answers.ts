import type { Tid } from '../../versions/engine/engine.ts';
import type { ObjectClasses } from '../../versions/engine/object-source.ts';
import { type Payload, protocolError } from '../../wire/payload.ts';

/*
 * Checks of what a server answers. Who waits for a commit that is no number would wait for ever.
 */

type Answer = { readonly [name: string]: unknown };

/** Reads the answer to CLAIM. `ERR_PROTOCOL` if these are fewer ids than were asked for. */
export function claimedIds(count: number): (payload: Payload) => [first: number, last: number] {
  return (payload) => {
    const first = payload.u64();
    const last = payload.u64();
    if (last - first + 1 < count) throw protocolError('the server gives fewer ids than were claimed');
    return [first, last];
  };
}

/** The number of a commit. `ERR_PROTOCOL` */
export function tidIn({ tid }: Answer): Tid {
  if (!Number.isSafeInteger(tid)) throw protocolError('the server answers with a commit that is no number');
  return tid as Tid;
}

/** The classes of persistent objects. `ERR_PROTOCOL` */
export function classesIn(answer: Answer): ObjectClasses {
  const { classes } = answer;
  const isClass = (each: unknown): boolean =>
    Array.isArray(each) && Number.isSafeInteger(each[0]) && Array.isArray((each[1] as ObjectRow | null)?.fields);
  if (!Array.isArray(classes) || !classes.every(isClass)) throw protocolError('the server answers with no classes');
  return { classes, tid: tidIn(answer) };
}

interface ObjectRow {
  readonly fields?: unknown;
}
