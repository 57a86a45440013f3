import { parseJson } from '../base/exact-json.ts';
import { strictJson } from './strict-json.ts';
import type { TextForm } from './text-form.ts';

/** The text form of codecs whose values can be anything: JSON. An integer that no double can hold is read as a bigint. */
export const objectText: TextForm = {
  toJson: strictJson,
  fromJson: (json) => json,
  toCell: strictJson,
  fromCell: (text) => parseJson(text, true),
};
