import { invalidType, outOfRange, withField } from '../../base/errors.ts';

/** A place in a value that is being encoded: a field's name or an element's index, within `parent`. */
export interface Path {
  readonly parent: Path | undefined;
  readonly step: string | number;
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The name in errors of what is at `step` of `path`: `value.lines[3].price`. */
export function pathText(path: Path | undefined, step: string | number): string {
  if (path === undefined) return String(step);
  const before = pathText(path.parent, path.step);
  if (typeof step === 'number') return `${before}[${step}]`;
  return NAME.test(step) ? `${before}.${step}` : `${before}[${JSON.stringify(step)}]`;
}

/** The same from the record on, for the `path` of an error: `lines[3].price`; empty for the record itself. */
function fieldPath(path: Path | undefined, step: string | number): string {
  if (path === undefined) return '';
  const before = fieldPath(path.parent, path.step);
  if (typeof step === 'number') return `${before}[${step}]`;
  if (!NAME.test(step)) return `${before}[${JSON.stringify(step)}]`;
  return before === '' ? step : `${before}.${step}`;
}

/** Gives an error the `path` of the field of a record that it concerns. */
export function atField<E extends Error>(error: E, path: Path | undefined, step: string | number): E {
  return path === undefined ? error : withField(error, 'path', fieldPath(path, step));
}

/** The `ERR_INVALID_ARG_TYPE` for what is at `step` of `path`. */
export function wrongType(path: Path | undefined, step: string | number, expected: string, given: unknown): TypeError {
  return atField(invalidType(pathText(path, step), expected, given), path, step);
}

/** The `ERR_OUT_OF_RANGE` for what is at `step` of `path`. */
export function wrongRange(path: Path | undefined, step: string | number, allowed: string, given: unknown): RangeError {
  return atField(outOfRange(pathText(path, step), allowed, given), path, step);
}
