import { LeaseholdError } from '../base/errors.ts';
import { OBJECTS } from '../catalog/own-collections.ts';
import type { Rights } from './rights/rights.ts';
import type { SessionContext } from './session-context.ts';

interface Request {
  readonly [field: string]: unknown;
}

const WHOLE = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };

/** Whether a request concerns persistent objects: `{ call: 'object-classes' }`, `{ call: 'add-object-class', class }`. */
export function isObjectCall({ call }: Request): boolean {
  return call === 'object-classes' || call === 'add-object-class';
}

/** Answers such a request. The code of persistent objects is loaded when it is first needed. `ERR_FORBIDDEN`, `ERR_READ_ONLY`, and what it throws. */
export async function objectCall({ store, rights }: SessionContext, request: Request): Promise<object> {
  const { environment, engine, isReadOnly } = store;
  const adds = request.call === 'add-object-class';
  rights.checkRange(OBJECTS, WHOLE, adds);
  if (adds && isReadOnly) throw new LeaseholdError('ERR_READ_ONLY', 'the server serves this store for reading only');
  const { servedClasses, addServedClass } = await import('../objects/served-classes.ts');
  if (adds) return { number: addServedClass(environment, request.class) };
  return { classes: servedClasses(environment, !isReadOnly && mayWrite(rights)), tid: engine.newest() };
}

function mayWrite(rights: Rights): boolean {
  try {
    rights.checkRange(OBJECTS, WHOLE, true);
    return true;
  } catch {
    return false;
  }
}
