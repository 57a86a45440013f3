import { checkObject, checkOptionNames } from '../../base/check-arguments.ts';
import { invalidType, invalidValue } from '../../base/errors.ts';
import { notPersistent } from '../errors.ts';
import { handleOf } from '../handle.ts';
import type { Definition, FieldDefinition, PersistentOptions } from '../model.ts';
import {
  checkClassName,
  defineFields,
  definitionOf,
  isOwnName,
  layOutClass,
  type OwnOptions,
  putAccessors,
  register,
} from './definition.ts';
import type { FieldsInput, FieldsOf, ObjectFields } from './field.ts';
import { takeInitial } from './initial-contents.ts';
import { putLooks } from './looks.ts';
import { explainPrivate } from './private-members.ts';
import { callOnLoad, refuseUndeclared } from './undeclared.ts';
import { makeUnstored } from './unstored.ts';

type AnyClass = new (...args: never[]) => object;
type StaticsOf<C> = { [K in keyof C as K extends 'prototype' ? never : K]: C[K] };

/** For the compiler only: the fields of a persistent class, and the names of those that have defaults, with those of the class that it extends. */
declare const FIELDS: unique symbol;
declare const DEFAULTED: unique symbol;
type AllFields<F extends ObjectFields, C> = C extends { readonly [FIELDS]: infer P extends ObjectFields } ? P & F : F;
type AllDefaulted<D extends string, C> = C extends { readonly [DEFAULTED]: infer P extends string } ? P | D : D;

/** What the constructor takes: the fields, unless the class has a constructor of its own. */
type Arguments<F extends ObjectFields, C extends AnyClass, D extends string> =
  ConstructorParameters<C> extends [] | [fields: InputOf<C>]
    ? [fields: FieldsInput<AllFields<F, C>, AllDefaulted<D, C>>]
    : ConstructorParameters<C>;
type InputOf<C> = C extends {
  readonly [FIELDS]: infer P extends ObjectFields;
  readonly [DEFAULTED]: infer D extends string;
}
  ? FieldsInput<P, D>
  : never;

/** A class whose instances can be stored. */
export type PersistentClass<F extends ObjectFields, C extends AnyClass, D extends string = never> = Omit<
  StaticsOf<C>,
  typeof FIELDS | typeof DEFAULTED
> & {
  readonly [FIELDS]: AllFields<F, C>;
  readonly [DEFAULTED]: AllDefaulted<D, C>;
  new (...args: Arguments<F, C, D>): InstanceType<C> & FieldsOf<F>;
  readonly prototype: InstanceType<C> & FieldsOf<F>;
};

/** What `persistent` returns: makes a class persistent. */
export interface Persistent<F extends ObjectFields, D extends string = never> {
  /**
   * `(Base) => class extends Base { … }`: methods see the fields, with their types.
   */
  <C extends AnyClass>(make: (base: new () => FieldsOf<F>) => C): PersistentClass<F, C, D>;
  /** As a decorator, which cannot change the type of the class: the class itself declares its fields, and what its constructor takes. */
  <C extends AnyClass>(target: C, context: ClassDecoratorContext): C;
  /** A class. */
  <C extends AnyClass>(target: C): PersistentClass<F, C, D>;
}

/**
 * Makes a class persistent: `persistent('shop.Frob', { foo: t.i32 })(class { … })`, or as a decorator. `name` is what the store remembers; it must stay
 * when the class or its file is renamed. The class gets an accessor for each field, and its constructor, unless it has one of its own, takes
 * an object with the fields.
 *
 * An object that is loaded runs no constructor of the program's own. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
 */
export function persistent<const F extends ObjectFields, const D extends string = never>(
  name: string,
  fields: F,
  options: PersistentOptions<D> = {},
): Persistent<F, D> {
  checkClassName(name, 'the name of a persistent class');
  checkOptions(options);
  return makePersistent(name, fields, options as PersistentOptions, {}) as unknown as Persistent<F, D>;
}

/** The same for a class of leasehold's own. */
export function makePersistent<const F extends ObjectFields>(
  name: string,
  fields: F,
  options: PersistentOptions,
  own: OwnOptions,
): Persistent<F> {
  return ((given: unknown) => {
    const { target, base } = classOf(given);
    refuseUndeclared(target.prototype as object, base);
    const inherited = parentOf(target);
    const all = defineFields(name, fields, inherited?.fields ?? [], own.isFixed === true);
    const onStore = own.onStore ?? inherited?.onStore;
    const fill = own.fill ?? inherited?.fill;
    return define(name, target, all, withInherited(options, inherited?.options), { ...own, onStore, fill });
  }) as unknown as Persistent<F>;
}

/** The options of a class, with what those of the class that it extends say about the fields that it has from there. */
function withInherited(options: PersistentOptions, inherited: PersistentOptions | undefined): PersistentOptions {
  if (inherited === undefined) return options;
  const made: PersistentOptions = {
    ...options,
    defaults: { ...inherited.defaults, ...options.defaults },
    renamed: { ...inherited.renamed, ...options.renamed },
  };
  const upgrades = [inherited.upgrade, options.upgrade].filter((each) => each !== undefined);
  if (upgrades.length === 0) return made;
  return { ...made, upgrade: (stored) => Object.assign({}, ...upgrades.map((upgrade) => upgrade(stored))) };
}

function checkOptions(options: PersistentOptions): void {
  checkObject(options, 'options');
  checkOptionNames(options, ['aliases', 'renamed', 'defaults', 'upgrade', 'resolve'], 'persistent()');
  for (const alias of options.aliases ?? []) checkClassName(alias, 'an alias of a persistent class');
  for (const name of ['upgrade', 'resolve'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw invalidType(name, 'a function', options[name]);
  }
}

/** The class that was given, or that the function makes that was given; and the prototype of the class that the function gets. */
function classOf(given: unknown): { readonly target: AnyClass; readonly base: object | undefined } {
  if (typeof given !== 'function')
    throw invalidType('the class', 'a class, or a function that extends the one it gets', given);
  // An arrow function has no prototype.
  if (Object.hasOwn(given, 'prototype')) return { target: given as AnyClass, base: undefined };
  const Base = class {};
  const made: unknown = given(Base);
  if (typeof made !== 'function' || !Object.hasOwn(made, 'prototype')) {
    throw invalidType('what the function returns', 'a class', made);
  }
  return { target: made as AnyClass, base: Base.prototype };
}

/** The persistent class that a class extends. */
function parentOf(target: AnyClass): Definition | undefined {
  for (let each: unknown = target; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
    const definition = definitionOf(each);
    if (definition !== undefined) return definition;
  }
  return undefined;
}

function define(
  name: string,
  target: AnyClass,
  fields: readonly FieldDefinition[],
  options: PersistentOptions,
  own: OwnOptions,
): unknown {
  const runsInitialisers = !hasConstructor(target);
  const { fill } = own;
  const PersistentObject = class extends (target as new (...args: unknown[]) => object) {
    constructor(...args: unknown[]) {
      super(...args);
      if (new.target === PersistentObject) {
        const initial = fill === undefined ? undefined : takeInitial(this);
        makeUnstored(definition, this, runsInitialisers ? args : []);
        if (initial !== undefined) fill?.(this, initial);
      } else if (definitionOf(new.target) === undefined) {
        throw notPersistent(
          `new ${String(new.target.name)}()`,
          `an instance of a class that extends '${name}' and is no persistent class itself: register it with persistent()`,
        );
      }
    }
  };
  Object.defineProperty(PersistentObject, 'name', { value: target.name, configurable: true });
  for (const field of fields) checkNotDefined(target.prototype, field.name, name);
  const laid = layOutClass(fields);
  const definition: Definition = {
    name,
    ...laid,
    options,
    isOpaque: false,
    extends: (other) =>
      other === PersistentObject || (typeof other === 'function' && PersistentObject.prototype instanceof other),
    onLoad: onLoadOf(target),
    onStore: own.onStore,
    fill,
    make:
      own.make ??
      (runsInitialisers
        ? () => initialised(target, PersistentObject, laid.fields)
        : () => Object.create(PersistentObject.prototype) as object),
  };
  putAccessors(PersistentObject.prototype, laid);
  putLooks(PersistentObject.prototype, target.name || name);
  if (!runsInitialisers && !isOwnName(name)) explainPrivate(PersistentObject.prototype, target, name);
  register(definition, PersistentObject);
  return PersistentObject;
}

/** Calls `onLoad()`, if the class has it. */
function onLoadOf({ prototype }: AnyClass): ((object: object) => void) | undefined {
  if (typeof (prototype as { onLoad?: unknown }).onLoad !== 'function') return undefined;
  return (object) => callOnLoad(object, (object as { onLoad(): void }).onLoad);
}

/** Runs the initialisers of a class whose constructors are all the language's own: they install private fields. */
function initialised(target: AnyClass, PersistentObject: AnyClass, fields: readonly FieldDefinition[]): object {
  const object = Reflect.construct(target, [], PersistentObject) as object;
  if (Object.keys(object).length === 0) return object;
  // `declare`d fields aside, an initialiser may have made a property over the accessor.
  for (const { name } of fields) if (Object.hasOwn(object, name)) delete (object as Record<string, unknown>)[name];
  return object;
}

const functionText = Function.prototype.toString;
const CONSTRUCTOR = /(?<![.\w$#])(?:constructor|'constructor'|"constructor")\s*\(/;

/** Whether a class, or one that it extends, has a constructor of its own, by its text. */
function hasConstructor(target: AnyClass): boolean {
  for (let each: unknown = target; typeof each === 'function' && each !== Function.prototype; ) {
    if (definitionOf(each) !== undefined) {
      // What `persistent` has made of a class only calls that class.
      each = Object.getPrototypeOf(each);
      continue;
    }
    const text = functionText.call(each);
    if (!text.startsWith('class') || CONSTRUCTOR.test(text)) return true;
    each = Object.getPrototypeOf(each);
  }
  return false;
}

function checkNotDefined(prototype: object, field: string, className: string): void {
  if (field === 'constructor') return;
  for (
    let each: object | null = prototype;
    each !== null && each !== Object.prototype;
    each = Object.getPrototypeOf(each)
  ) {
    if (handleOf(each) === undefined && Object.hasOwn(each, field) && !isInherited(each)) {
      throw invalidValue(`the class '${className}' has a field '${field}', and a method or an accessor of that name`);
    }
  }
}

/** Whether a prototype is that of a persistent class, whose accessors are its fields. */
function isInherited(prototype: object): boolean {
  return definitionOf((prototype as { constructor?: unknown }).constructor) !== undefined;
}
