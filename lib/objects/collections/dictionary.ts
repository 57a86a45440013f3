import { invalidType } from '../../base/errors.ts';
import { tagAs, wholly } from '../../base/inspect.ts';
import { utf8 } from '../../value/utf8.ts';
import { definitionNamed } from '../class/definition.ts';
import { identified, inspectHereAs, shown } from '../class/looks.ts';
import { makePersistent } from '../class/persistent.ts';
import { notPersistent } from '../errors.ts';
import { definitionIn, handleOf, rowsBehind, setRows } from '../handle.ts';
import type { Definition } from '../model.ts';
import { ALL } from './row-range.ts';
import { Rows } from './rows.ts';

/** The rows of a dictionary, whose keys are the names of its properties. */
function rows(dictionary: object): Rows {
  const handle = handleOf(dictionary);
  if (handle === undefined || definitionIn(handle) !== dictionaryDefinition)
    throw invalidType('this', 'a root', dictionary);
  return (rowsBehind(handle) as Rows | undefined) ?? setRows(handle, new Rows(handle, utf8, Dictionary));
}

/** What stands behind a dictionary: each property is a row. */
class DictionaryBody {
  toJSON(): object {
    return Object.fromEntries([...rows(this).entries(ALL)].map(([name, value]) => [name, shown(value)]));
  }
}

Object.defineProperty(DictionaryBody, 'name', { value: 'Root' });
tagAs(DictionaryBody.prototype, 'Root', (self) => wholly(identified([...rows(self).entries(ALL)])));
inspectHereAs(DictionaryBody.prototype, 'Root', (self) => self.toJSON());

/** The handler of one dictionary. `self` gives the dictionary. */
function handlerOf(self: () => object): ProxyHandler<object> {
  const path = (name: string): string => `d.${name}`;
  return {
    get(target, name) {
      if (typeof name === 'symbol') return Reflect.get(target, name, self());
      const value = rows(self()).get(name);
      return value === undefined ? Reflect.get(target, name, self()) : value;
    },
    set(target, name, value, receiver) {
      // An object that inherits from the root gets a property of its own.
      if (receiver !== self()) return Reflect.set(target, name, value, receiver);
      if (typeof name === 'symbol')
        throw notPersistent(String(name), 'a symbol, which cannot be the name of what is stored');
      rows(self()).set(name, value, path(name));
      return true;
    },
    has(target, name) {
      return typeof name === 'symbol' ? Reflect.has(target, name) : rows(self()).has(name) || Reflect.has(target, name);
    },
    deleteProperty(_target, name) {
      if (typeof name === 'string') rows(self()).delete(name, path(name));
      return true;
    },
    ownKeys: () => [...rows(self()).keys(ALL)] as string[],
    getOwnPropertyDescriptor(_target, name) {
      if (typeof name === 'symbol') return undefined;
      const value = rows(self()).get(name);
      return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: true };
    },
    defineProperty(_target, name, descriptor) {
      if (typeof name === 'symbol' || !('value' in descriptor)) {
        throw notPersistent(String(name), 'a property that is more than a value, which cannot be stored');
      }
      rows(self()).set(name, descriptor.value, path(name));
      return true;
    },
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  };
}

const Dictionary = makePersistent(
  'leasehold.Dictionary',
  {},
  {},
  { make: makeDictionary },
)(DictionaryBody as never) as unknown as {
  readonly prototype: object;
};

function makeDictionary(): object {
  const dictionary: object = new Proxy(
    Object.create(Dictionary.prototype) as object,
    handlerOf(() => dictionary),
  );
  return dictionary;
}

/** The definition of the class of the root. */
export const dictionaryDefinition: Definition = definitionNamed('leasehold.Dictionary') as Definition;
