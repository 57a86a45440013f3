import { recall } from '../../catalog/catalog.ts';
import { CLASSES, OBJECTS } from '../../catalog/own-collections.ts';
import type { Collection } from '../../environment/collection.ts';
import { type Environment, environmentParts } from '../../environment/environment.ts';
import { uint32 } from '../../key/uint32.ts';
import { RecordLinks } from '../../objects/record-links.ts';
import { readNewest } from '../../transaction/read-newest.ts';
import { json } from '../../value/json.ts';

/** The references of the persistent objects of an environment, once it has any. */
export class ServedLinks {
  readonly #environment: Environment;
  #links: RecordLinks | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Undefined if there are no objects. */
  get(): RecordLinks | undefined {
    this.#links ??= this.#find();
    return this.#links;
  }

  #find(): RecordLinks | undefined {
    const { state, collections } = environmentParts(this.#environment);
    const isThere = (name: string): boolean =>
      readNewest(state, (transaction) => recall(transaction, name)) !== undefined;
    if (!isThere(OBJECTS) || !isThere(CLASSES)) return undefined;
    const rows = collections.openOwn(CLASSES, { key: uint32, value: json, create: false });
    return new RecordLinks(rows as unknown as Collection<number, unknown>);
  }
}
