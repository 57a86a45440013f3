import { invalidType } from '../../base/errors.ts';
import { weakMapGet, weakMapSet } from '../../base/primordials.ts';
import { writer } from '../../base/writer.ts';
import { copyBytes } from '../../lease/bytes.ts';
import { Lease, NO_VIEWS } from '../../lease/lease.ts';
import { ONLY_VALUE } from '../../lease/sink.ts';
import { layOut } from '../../value/struct/schema.ts';
import { type StructCodec, struct } from '../../value/struct/struct.ts';
import { recordWriter } from '../../value/struct/struct-write.ts';
import { readOnlyState } from '../errors.ts';
import { definitionIn, draftOf, handleOf, knownState, slots, viewOf } from '../handle.ts';
import { type Definition, type Draft, type FieldDefinition, type Handle, type State, UNSET, VALUES } from '../model.ts';
import { copyIn, decodeField, UnsharedPlain } from '../record/plain.ts';
import { PlainDraft } from '../record/plain-draft.ts';
import { setFieldAccess } from './generated.ts';
import { checkUnderConstruction, isPersistentPrototype } from './under-construction.ts';

/** A draft in which nothing is assigned yet. */
export function emptyDraft({ generated }: Definition, base: State | undefined): Draft {
  return new generated.Changes(base);
}

/** The draft of a handle, which it gets if it has none. */
function draftFor(handle: Handle): Draft {
  let draft = draftOf(handle);
  if (draft === undefined) {
    draft = emptyDraft(definitionIn(handle), knownState(handle));
    slots.setCurrent(handle, draft);
  }
  return draft;
}

/** Assigns a field. `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_NOT_PERSISTENT`, `ERR_READ_ONLY_STATE`, and what a commit throws. */
export function assignField(handle: Handle, index: number, value: unknown): void {
  const definition = definitionIn(handle);
  const field = definition.fields[index] as FieldDefinition;
  const path = `${definition.name}.${field.name}`;
  if (definition.isOpaque)
    throw readOnlyState(path, 'the program knows no class of that name. Register it with persistent()');
  if (field.isFixed) throw readOnlyState(path, 'it is how the collection is stored. Make a new collection');
  const taken = isPlainlyRight(field, value) ? value : takeValue(field, value, definition.name);
  viewOf(handle).change(handle, path, () => {
    draftFor(handle)[VALUES][index] = taken;
  });
}

/** A value as a draft of a new object has it. */
export function takeField({ name, fields }: Definition, index: number, value: unknown): unknown {
  const field = fields[index] as FieldDefinition;
  return isPlainlyRight(field, value) ? value : takeValue(field, value, name);
}

/** Whether a value is one of the field's type that needs no copy: what most assignments have. Others are encoded once to find out. */
function isPlainlyRight({ type }: FieldDefinition, value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      switch (type.description) {
        case 'i32':
          return (value | 0) === value;
        case 'u32':
          return value >>> 0 === value;
        case 'f64':
          return true;
        default:
          return false;
      }
    case 'string':
      return type.description === 'utf8' && value.isWellFormed();
    case 'boolean':
      return type.description === 'bool';
    default:
      return false;
  }
}

/** A value as a draft has it: checked, and copied if it could change later. */
function takeValue(field: FieldDefinition, value: unknown, className: string): unknown {
  const path = `${className}.${field.name}`;
  if (value === undefined) {
    if (field.isOptional) return undefined;
    throw invalidType(path, 'a value: the field is not optional', value);
  }
  switch (field.kind) {
    case 'reference':
      return checkReference(field, value, path);
    case 'plain':
      return copyIn(value, path);
    case 'scalar':
      if (typeof value === 'object') return stored(field, value, className);
      check(field, value, className);
      return value;
    default:
      return stored(field, value, className);
  }
}

function checkReference({ target }: FieldDefinition, value: unknown, path: string): unknown {
  const handle = handleOf(value);
  if (handle === undefined) throw invalidType(path, 'an object of a persistent class', value);
  const wanted = target?.();
  if (typeof wanted === 'function' && !definitionIn(handle).isOpaque && !((value as object) instanceof wanted)) {
    throw invalidType(path, `an object of ${wanted.name}`, value);
  }
  return value;
}

/** A struct that has only one field. */
interface FieldCoder {
  readonly write: ReturnType<typeof recordWriter>;
  readonly codec: StructCodec<never>;
}

const coders = new WeakMap<FieldDefinition, FieldCoder>();

function coderOf(field: FieldDefinition): FieldCoder {
  let coder = weakMapGet(coders, field);
  if (coder === undefined) {
    const fields = { [field.name]: field.type } as never;
    coder = { write: recordWriter(layOut(fields), false), codec: struct(fields) as unknown as StructCodec<never> };
    weakMapSet(coders, field, coder);
  }
  return coder;
}

/** Throws what encoding the value throws, naming the class and the field. */
function check(field: FieldDefinition, value: unknown, className: string): void {
  const start = writer.position;
  try {
    coderOf(field).write(writer, { [field.name]: value }, undefined, className);
  } finally {
    writer.position = start;
  }
}

/** What reading the field would give if the value were stored: a Date, a Value, a List or a view on bytes of its own. */
function stored(field: FieldDefinition, value: unknown, className: string): unknown {
  const start = writer.position;
  try {
    const { write, codec } = coderOf(field);
    write(writer, { [field.name]: value }, undefined, className);
    const bytes = copyBytes(writer.bytes, start, writer.position - start);
    const view = codec.view(Lease.private(NO_VIEWS, bytes, 0), ONLY_VALUE) as unknown as Record<string, unknown>;
    return view[field.name];
  } finally {
    writer.position = start;
  }
}

/** What a plain field gives that holds an object: a draft of it, if it can be changed. */
function readPlain(handle: Handle, index: number, value: unknown): unknown {
  const { view, definition } = slots.home(handle);
  if (value instanceof PlainDraft) return value.draft;
  if (handleOf(value) !== undefined) return value;
  const shown = value instanceof UnsharedPlain ? value.read(view) : value;
  if (
    !view.isWriting ||
    definition.isOpaque ||
    typeof shown !== 'object' ||
    shown === null ||
    handleOf(shown) !== undefined
  )
    return shown;
  const assigned = draftOf(handle)?.[VALUES][index];
  const isAssigned = assigned !== undefined && assigned !== UNSET;
  const made = new PlainDraft(shown, shown === value && !isAssigned, isAssigned);
  const path = `${definition.name}.${(definition.fields[index] as FieldDefinition).name}`;
  view.change(handle, path, () => {
    draftFor(handle)[VALUES][index] = made;
  });
  return made.draft;
}

setFieldAccess({
  source: (handle) => draftOf(handle) ?? viewOf(handle).stateOf(handle),
  reference: (handle, id) => (typeof id === 'number' ? viewOf(handle).object(id) : id),
  plain: readPlain,
  decode: decodeField,
  assign: assignField,
  readEarly(object, name) {
    if (!isPersistentPrototype(object)) checkUnderConstruction(object, name);
    return undefined;
  },
  assignEarly(object, name, value) {
    checkUnderConstruction(object, name);
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  },
});
