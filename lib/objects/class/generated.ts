import { handleOf, slots, staleViews } from '../handle.ts';
import {
  BASE,
  type Draft,
  type FieldDefinition,
  type GeneratedClasses,
  type Handle,
  RECORD,
  STORED,
  type State,
  type StoredClass,
  type StructRecordView,
  TID,
  UNSET,
  VALUES,
} from '../model.ts';

/** Reads and assigns the fields of a handle where that is no plain property: given to the generated code. */
export interface FieldAccess {
  /** What the getters read: the draft of a handle, if there is one, else its state. */
  source(handle: Handle): State | Draft;
  reference(handle: Handle, id: unknown): unknown;
  plain(handle: Handle, index: number, value: unknown): unknown;
  /** What a plain field of a record holds. */
  decode(stored: unknown): unknown;
  assign(handle: Handle, index: number, value: unknown): void;
  /** The fields of an object that has no handle yet: its constructor is running. */
  readEarly(object: object, name: string): unknown;
  assignEarly(object: object, name: string, value: unknown): void;
}

let access: FieldAccess;

/** Says how fields are read and assigned. Called once, by the module that can. */
export function setFieldAccess(given: FieldAccess): void {
  access = given;
}

/*
 * V8 compiles an accessor well if its class reads a field of its own and names the property. An accessor that closes over the name takes three times as
 * long. So these classes are made from text, one set for each list of fields; where the program forbids that
 * (`--disallow-code-generation-from-strings`), they are closures. The text is run inside of the class whose private fields it uses: see handle.ts.
 */
export function generate(fields: readonly FieldDefinition[]): GeneratedClasses {
  const make = slots.compile(sourceOf(fields)) as ((...given: unknown[]) => GeneratedClasses) | undefined;
  if (make === undefined) return closuresOf(fields);
  return make(lateAccess, staleViews, UNSET, RECORD, TID, STORED, BASE, VALUES);
}

/**
 * Makes each text another one. V8 would compile equal texts once, and the accessors of all classes with the same fields would share what
 * it learns of them: reading a field takes 76 ns and not 30 where objects of eight such classes have passed.
 */
let generatedCount = 0;

/** `access` is set once all modules are loaded. */
const lateAccess: FieldAccess = {
  source: (handle) => access.source(handle),
  reference: (handle, id) => access.reference(handle, id),
  plain: (handle, index, value) => access.plain(handle, index, value),
  decode: (stored) => access.decode(stored),
  assign: (handle, index, value) => access.assign(handle, index, value),
  readEarly: (object, name) => access.readEarly(object, name),
  assignEarly: (object, name, value) => access.assignEarly(object, name, value),
};

function sourceOf(fields: readonly FieldDefinition[]): string {
  const each = (text: (field: FieldDefinition, name: string) => string): string =>
    fields.map((field) => text(field, JSON.stringify(field.name))).join('\n');
  return `function (access, staleViews, UNSET, RECORD, TID, STORED, BASE, VALUES) { // ${++generatedCount}
class Accessors {
${each(
  (field, name) => `
  get [${name}]() {
    if (!(#home in this)) return access.readEarly(this, ${name});
    const c = this.#current;
    ${returned(field, `(c !== undefined && (staleViews.count === 0 || this.#home.view.isFresh) ? c : access.source(this))[${name}]`)}
  }
  set [${name}](value) {
    if (#home in this) access.assign(this, ${field.index}, value);
    else access.assignEarly(this, ${name}, value);
  }`,
)}
}
class Fields {
${each(({ index }) => `  #f${index} = undefined;`)}
  constructor(record, tid, stored) { this[RECORD] = record; this[TID] = tid; this[STORED] = stored; }
${each(({ index, kind, type }, name) => {
  const read = kind === 'plain' ? `access.decode(this[RECORD][${name}])` : `this[RECORD][${name}]`;
  return isMutable(type.description)
    ? `  get [${name}]() { return ${read}; }`
    : `  get [${name}]() { const f = this.#f${index}; return f !== undefined ? f : (this.#f${index} = ${read}); }`;
})}
}
class Changes {
  constructor(base) {
    this[BASE] = base;
    this[VALUES] = [${fields.map(() => 'UNSET').join(', ')}];
  }
${each(({ index, type }, name) => {
  const own = isMutable(type.description) ? 'f === undefined ? f : new Date(f.getTime())' : 'f';
  return `  get [${name}]() { const f = this[VALUES][${index}]; return f !== UNSET ? ${own} : this[BASE] === undefined ? undefined : this[BASE][${name}]; }`;
})}
}
const NOTHING = Object.freeze(Object.create(null));
const input = (draft, encode) => {
  const values = draft[VALUES];
  const base = draft[BASE];
  const record = base === undefined ? NOTHING : base[RECORD];
${each(({ index, kind }) =>
  kind === 'reference' || kind === 'plain'
    ? `  const v${index} = encode(${index}, values[${index}]);`
    : `  const f${index} = values[${index}];`,
)}
  return [
${each(({ index, kind }, name) =>
  kind === 'reference' || kind === 'plain'
    ? `    v${index},`
    : `    f${index} !== UNSET ? f${index} : record[${name}],`,
)}
  ];
};
${fields.some(({ name }) => name in Object.prototype) ? 'const fill = undefined;' : fillOf(each)}
return { Accessors, Fields, Changes, input, fill };
}`;
}

function fillOf(each: (text: (field: FieldDefinition, name: string) => string) => string): string {
  return `const fill = (values, given, take) => {
  let found = 0;
${each(
  ({ index, type }, name) => `
  const v${index} = given[${name}];
  if (v${index} !== undefined) {
    found++;
    values[${index}] = ${rightIf(type.description, `v${index}`)} ? v${index} : take(${index}, v${index});
  }`,
)}
  return found;
};`;
}

/** Whether a value is one of a type that needs no copy: what `isPlainlyRight` says, for one type. */
function rightIf(description: unknown, v: string): string {
  switch (description) {
    case 'i32':
      return `typeof ${v} === 'number' && (${v} | 0) === ${v}`;
    case 'u32':
      return `typeof ${v} === 'number' && ${v} >>> 0 === ${v}`;
    case 'f64':
      return `typeof ${v} === 'number'`;
    case 'bool':
      return `typeof ${v} === 'boolean'`;
    case 'utf8':
      return `typeof ${v} === 'string' && ${v}.isWellFormed()`;
    default:
      return 'false';
  }
}

function returned(field: FieldDefinition, read: string): string {
  if (field.kind === 'reference') {
    return `const v = ${read};
    return v === undefined ? undefined : access.reference(this, v);`;
  }
  if (field.kind === 'plain') {
    return `const v = ${read};
    return typeof v === 'object' && v !== null ? access.plain(this, ${field.index}, v) : v;`;
  }
  return `return ${read};`;
}

/** Whether what a getter gives can be changed: then each reader gets one of its own. */
function isMutable(description: unknown): boolean {
  return JSON.stringify(description) === '"date"' || JSON.stringify(description) === '{"optional":"date"}';
}

/** The property of a state that has what was read of its record. */
const READ: unique symbol = Symbol('read');

/** The same as `sourceOf`, slower. */
function closuresOf(fields: readonly FieldDefinition[]): GeneratedClasses {
  class Accessors {}
  class Fields {
    readonly [RECORD]: StructRecordView;
    readonly [TID]: number;
    readonly [STORED]: StoredClass;
    readonly [READ]: unknown[] = [];
    constructor(record: StructRecordView, tid: number, stored: StoredClass) {
      this[RECORD] = record;
      this[TID] = tid;
      this[STORED] = stored;
    }
  }
  class Changes {
    [BASE]: State | undefined;
    readonly [VALUES]: unknown[] = fields.map(() => UNSET);
    constructor(base: State | undefined) {
      this[BASE] = base;
    }
  }
  for (const { name, index, kind, type } of fields) {
    const define = (prototype: object, get: (this: never) => unknown, set?: (this: object, value: unknown) => void) =>
      Object.defineProperty(prototype, name, { get, ...(set && { set }), configurable: true, enumerable: true });
    define(
      Accessors.prototype,
      function (this: object) {
        const handle = handleOf(this);
        if (handle === undefined) return lateAccess.readEarly(this, name);
        const value = lateAccess.source(handle)[name];
        if (kind === 'reference') return value === undefined ? undefined : lateAccess.reference(handle, value);
        return kind === 'plain' && typeof value === 'object' && value !== null
          ? lateAccess.plain(handle, index, value)
          : value;
      },
      function (value) {
        const handle = handleOf(this);
        if (handle === undefined) lateAccess.assignEarly(this, name, value);
        else lateAccess.assign(handle, index, value);
      },
    );
    const isKept = !isMutable(type.description);
    define(Fields.prototype, function (this: Fields) {
      if (!isKept) return this[RECORD][name];
      this[READ][index] ??= kind === 'plain' ? lateAccess.decode(this[RECORD][name]) : this[RECORD][name];
      return this[READ][index];
    });
    define(Changes.prototype, function (this: Changes) {
      const own = this[VALUES][index];
      if (own === UNSET) return this[BASE]?.[name];
      return isKept || own === undefined ? own : new Date((own as Date).getTime());
    });
  }
  const input: GeneratedClasses['input'] = (draft, encode) => {
    return fields.map(({ name, index, kind }) => {
      const value = draft[VALUES][index];
      if (kind === 'reference' || kind === 'plain') return encode(index, value);
      return value !== UNSET ? value : draft[BASE]?.[RECORD][name];
    });
  };
  return { Accessors, Fields, Changes, input, fill: undefined } as unknown as GeneratedClasses;
}
