import { invalidType } from '../base/errors.ts';
import { Environment } from '../environment/environment.ts';
import { open } from '../environment/open.ts';
import type { OpenOptions } from '../transaction/open-options.ts';
import { Store } from './store.ts';

/**
 * Opens a store of persistent objects: by the path of its folder, or in an environment that is open. `close()` of a store that was
 * given an environment leaves that open. Throws what `open` throws.
 */
export function openStore(where: string | Environment, options: OpenOptions = {}): Store {
  if (where instanceof Environment) return new Store(where, false);
  if (typeof where !== 'string') throw invalidType('where', 'a path, or an Environment', where);
  return new Store(open(where, options), true);
}
