import { invalidValue } from '../base/errors.ts';
import { forbidden } from './rights/rights.ts';
import type { SessionContext } from './session-context.ts';

/** Answers what is asked for seldom, as JSON: `{ call: 'collections' }`. */
export function call(context: SessionContext, request: { readonly [field: string]: unknown }): object {
  const { store, rights } = context;
  const { call: name, collection, make } = request;
  switch (name) {
    case 'describe':
      return { found: describe(context, checkName(collection), make) ?? null };
    case 'sync':
      return { tid: store.engine.newest() };
    case 'collections':
      return {
        collections: store.environment
          .collections()
          .filter((each) => rights.sees(each))
          .map((each) => store.describe(each))
          .filter((each) => each !== undefined),
      };
    case 'stat':
      return { stat: store.statOf(seen(context, collection)) };
    case 'info':
      if (!rights.isAll) throw forbidden(rights.name, `look into the database: that takes a grant to write '*'`);
      return { info: { ...store.environment.info(), ...store.environment.stat(), tid: store.engine.processed() } };
    default:
      throw invalidValue(`the server knows no call ${JSON.stringify(name)?.slice(0, 100)}`);
  }
}

/** What the database remembers of a collection. `make`: with which codecs to make it if it is absent. */
function describe(context: SessionContext, name: string, make: unknown): object | undefined {
  const { store, rights } = context;
  seen(context, name);
  const found = store.describe(name);
  if (found !== undefined || typeof make !== 'object' || make === null) return found;
  rights.checkRange(name, WHOLE, true);
  store.make(name, make as { readonly [field: string]: unknown });
  return store.describe(name);
}

/** The name of a collection of which the client may read something. `ERR_FORBIDDEN`. */
function seen({ rights }: SessionContext, given: unknown): string {
  const name = checkName(given);
  if (!rights.sees(name)) throw forbidden(rights.name, `read anything in '${name}'`);
  return name;
}

const WHOLE = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };

function checkName(name: unknown): string {
  if (typeof name !== 'string' || name === '') throw invalidValue('the name of a collection is missing');
  return name;
}
