import { parseJson } from '../base/exact-json.ts';
import { strictJson } from './strict-json.ts';
import type { TextForm } from './text-form.ts';

/** JSON, for codecs whose values can be anything; an integer that no double holds comes as a bigint. */
export const objectText: TextForm = {
  toJson: strictJson,
  fromJson: (json) => json,
  toCell: strictJson,
  fromCell: (text) => parseJson(text, true),
};
