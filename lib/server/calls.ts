import { invalidValue } from '../base/errors.ts';
import type { SessionContext } from './session-context.ts';

/** Answers what is asked for seldom, as JSON: `{ call: 'collections' }`. */
export function call(context: SessionContext, { call: name, collection }: { readonly [field: string]: unknown }): object {
  const { store, rights } = context;
  switch (name) {
    case 'collections':
      return {
        collections: store.environment
          .collections()
          .filter((each) => rights.sees(each))
          .map((each) => store.describe(each))
          .filter((each) => each !== undefined),
      };
    case 'stat': {
      if (typeof collection !== 'string') return { stat: store.environment.stat(), counters: { ...store.counters } };
      return { stat: store.statOf(collection) };
    }
    default:
      throw invalidValue(`the server knows no call '${String(name)}'`);
  }
}
