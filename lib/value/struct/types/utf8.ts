import { loneSurrogate, writeText } from '../../../base/text.ts';
import type { Writer } from '../../../base/writer.ts';
import { FIELD_UTF8 } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';
import { FORM_TEXT } from '../field-form.ts';
import type { FieldText } from '../field-text.ts';
import { atField, type Path, pathText, wrongType } from '../path.ts';
import { ASCII_BIT, writePart } from '../record.ts';
import { readOtherText, readTextPart } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, textAt } from '../record-place.ts';
import { variableType } from './variable-type.ts';

const { stringify } = JSON;

const text: FieldText = {
  toJson: (view) => stringify(view),
  toCell: (view) => view as string,
  fromJson: undefined,
  fromCell: undefined,
  fromInferred: undefined,
  holdsEmpty: true,
};

const same = (value: unknown): unknown => value;

/** The length at the text's place is marked if the text is all ASCII. */
function write(writer: Writer, origin: number, place: number, value: unknown, path: Path, step: string | number): void {
  if (typeof value !== 'string') throw wrongType(path, step, 'a string', value);
  const offset = writer.position - origin;
  const length = writeText(writer, value);
  if (length < 0) throw atField(loneSurrogate(pathText(path, step)), path, step);
  writePart(writer.bytes, place, offset, length === value.length ? length + ASCII_BIT : length);
}

function read(record: RecordPlace, end: number): string | undefined {
  const place = findField(record, end, 8);
  return place < 0 ? readOtherText(leaseOf(record), atOf(record), spanOf(record), end) : textAt(record, place);
}

export const utf8: FieldType<string, string, string, false> = variableType<string, string, string>(
  {
    description: 'utf8',
    depth: 0,
    write,
    read: readTextPart,
    zero: () => '',
    plain: same,
    json: same,
    join: { kind: 'string', number: FIELD_UTF8 },
    text,
    form: { kind: FORM_TEXT, least: 0, most: 0 },
  },
  {
    required: (end) =>
      function (this: Placed) {
        return read(this[PLACE], end) ?? '';
      },
    optional: (end) =>
      function (this: Placed) {
        return read(this[PLACE], end);
      },
  },
);
