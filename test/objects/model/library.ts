import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as ownCollections from '../../../lib/catalog/own-collections.ts';
import type * as environment from '../../../lib/environment/environment.ts';
import type * as leasehold from '../../../lib/index.ts';
import type * as itemKey from '../../../lib/key/item-key.ts';
import type * as objectId from '../../../lib/key/object-id.ts';
import type * as bytes from '../../../lib/lease/bytes.ts';
import type * as sink from '../../../lib/lease/sink.ts';
import type * as handle from '../../../lib/objects/handle.ts';
import type * as objects from '../../../lib/objects/index.ts';
import type * as record from '../../../lib/objects/record/record.ts';
import type * as objectText from '../../../lib/value/object-text.ts';
import type * as ownCodecs from '../../../lib/value/own-codecs.ts';

/** The modules of the library that the model needs. */
interface Modules {
  'catalog/own-collections': typeof ownCollections;
  'environment/environment': typeof environment;
  index: typeof leasehold;
  'key/item-key': typeof itemKey;
  'key/object-id': typeof objectId;
  'lease/bytes': typeof bytes;
  'lease/sink': typeof sink;
  'objects/handle': typeof handle;
  'objects/index': typeof objects;
  'objects/record/record': typeof record;
  'value/object-text': typeof objectText;
  'value/own-codecs': typeof ownCodecs;
}

/** The library under test: the sources, or a copy in which a rule is broken. */
export type ObjectsLibrary = { readonly [name in keyof Modules]: Modules[name] } & { readonly classes: Classes };

const NAMES: readonly (keyof Modules)[] = [
  'catalog/own-collections',
  'environment/environment',
  'index',
  'key/item-key',
  'key/object-id',
  'lease/bytes',
  'lease/sink',
  'objects/handle',
  'objects/index',
  'objects/record/record',
  'value/object-text',
  'value/own-codecs',
];

async function loaded(load: (name: string) => Promise<unknown>): Promise<ObjectsLibrary> {
  const library: Record<string, unknown> = {};
  for (const name of NAMES) library[name] = await load(name);
  const modules = library as unknown as Modules;
  return { ...modules, classes: makeClasses(modules['objects/index']) };
}

/** The sources. */
export const sources = (): Promise<ObjectsLibrary> =>
  loaded((name) => import(/* @vite-ignore */ new URL(`../../../lib/${name}.ts`, import.meta.url).href));

/** A copy in a folder: see `broken`. */
export const copyIn = (folder: string): Promise<ObjectsLibrary> =>
  loaded((name) => import(/* @vite-ignore */ pathToFileURL(join(folder, 'dist', `${name}.js`)).href));

/** An object of the model's classes. */
// biome-ignore lint/suspicious/noExplicitAny: the model assigns what it likes to fields that it names
export type Real = any;

export interface Classes {
  readonly node: new (fields: object) => Real;
  readonly special: new (fields: object) => Real;
}

/** A field that makes promises believe that its object is one. */
const THEN = 'then';

/** The persistent classes of the model. */
function makeClasses({ persistent, ref, t }: typeof objects): Classes {
  class Plain {
    #private = 5;
    get five(): number {
      return this.#private;
    }
  }
  const node: Classes['node'] = persistent('model.Node', {
    n: t.i32,
    text: t.utf8,
    when: t.optional(t.date),
    left: ref((): never => node as never).optional(),
    any: t.json(),
    [THEN]: t.f64,
  })(Plain) as never;
  const special: Classes['special'] = persistent('model.Special', {
    bytes: t.bytes,
    big: t.u64,
  })(class Special extends (node as never as new () => Plain) {}) as never;
  return { node, special };
}
