import { invalidType, outOfRange } from '../../../base/errors.ts';
import { arrayIsArray, isInteger, PrimordialUint8Array, typedArrayTag } from '../../../base/primordials.ts';
import type { Writer } from '../../../base/writer.ts';
import { Lease, NO_VIEWS } from '../../../lease/lease.ts';
import { ONLY_VALUE } from '../../../lease/sink.ts';
import { coderOf } from '../field.ts';
import type { FieldType } from '../field-description.ts';
import { type FieldText, jsonText } from '../field-text.ts';
import { registerKind, typeOf } from '../known-types.ts';
import { isListView, List, mapList } from '../list.ts';
import { atField, type Path, pathText, wrongType } from '../path.ts';
import { COUNT_SIZE, writePart, writeU32 } from '../record.ts';
import { readSpan } from '../record-field.ts';
import type { ElementIn, ElementView, ListInput, PlainOf } from '../static-types.ts';
import { variableType } from './variable-type.ts';

const MOST_ELEMENTS = 0xffff_ffff;

/** The type of a list of `elements`. `ERR_INVALID_ARG_TYPE` for what is no type, `ERR_INVALID_ARG_VALUE` if it is too deep. */
export function listType<const T extends FieldType<unknown, unknown, unknown>>(
  elements: T,
): FieldType<ListInput<ElementIn<T>>, List<ElementView<T>>, PlainOf<T>[], false> {
  const coder = coderOf(elements, 'the type of the elements of a list');
  const { size, write: writeElement, plain, json } = coder;

  function write(
    writer: Writer,
    origin: number,
    place: number,
    value: unknown,
    path: Path,
    step: string | number,
  ): void {
    const items = itemsOf(value);
    if (items === undefined) throw wrongType(path, step, 'an array', value);
    const { length } = items;
    // A Proxy of an array may say anything.
    if (!(isInteger(length) && length >= 0 && length <= MOST_ELEMENTS)) {
      const name = `${pathText(path, step)}.length`;
      throw atField(outOfRange(name, `an integer from 0 to ${MOST_ELEMENTS}`, length), path, step);
    }
    const list = writer.position;
    const fixed = COUNT_SIZE + length * size;
    writer.reserve(fixed);
    writeU32(writer.bytes, list, length);
    writer.position = list + fixed;
    const here: Path = { parent: path, step };
    for (let i = 0, at = list + COUNT_SIZE; i < length; i++, at += size) {
      writeElement(writer, list, at, items[i], here, i);
    }
    writePart(writer.bytes, place, list - origin, writer.position - list);
  }

  return variableType({
    description: { list: coder.description },
    depth: 1 + coder.depth,
    write,
    read(lease, at, span, place, partsFrom) {
      const own = readSpan(lease, at, span, place, partsFrom);
      return own === undefined ? undefined : new List<ElementView<T>>(lease, at, own, coder);
    },
    zero: () => new List<ElementView<T>>(emptyLease(), ONLY_VALUE, null, coder),
    plain: (list) => mapList(list as List<unknown>, (element) => (element === undefined ? undefined : plain(element))),
    json: (list) => mapList(list as List<unknown>, (element) => (element === undefined ? null : json(element))),
    join: undefined,
    text: textOf(coder.text),
    form: undefined,
  });
}

registerKind('list', (inner, levels) => {
  const type = typeOf(inner, levels - 1);
  return type === undefined ? undefined : listType(type);
});

/** An array of JSON; null is an element that is absent. */
function textOf({ toJson, fromJson }: FieldText): FieldText {
  return jsonText(
    (list) =>
      `[${mapList(list as List<unknown>, (element) => (element === undefined ? 'null' : toJson(element))).join()}]`,
    (value, path) => {
      if (!Array.isArray(value)) throw invalidType(path, 'an array', value);
      return fromJson === undefined ? value : value.map((item, i) => fromJson(item, `${path}[${i}]`));
    },
  );
}

/** What can be indexed for a list's elements, undefined if `value` is no list of any kind. */
function itemsOf(value: unknown): ArrayLike<unknown> | undefined {
  if (arrayIsArray(value)) return value;
  if (isListView(value)) return mapList(value, (element) => element);
  return typedArrayTag(value) === undefined ? undefined : (value as ArrayLike<unknown>);
}

/** A lease on a list of no elements. */
function emptyLease(): Lease {
  return Lease.private(NO_VIEWS, new PrimordialUint8Array(COUNT_SIZE), 0);
}
