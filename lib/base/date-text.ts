import { invalidType, invalidValue } from './errors.ts';

/** ISO 8601, to the day or to a part of a second; years beyond four digits have a sign and six. */
const DATE = /^((?:\d{4}|[+-]\d{6})-\d\d-(\d\d))(?:T\d\d:\d\d(?::\d\d(?:\.(\d+))?)?(?:Z|[+-]\d\d:\d\d))?$/;
/** Four digits would be a year. */
const MILLISECONDS = /^(?:[+-]\d+|\d{5,})$/;
/** A day, or a day and a time, without anything between the digits. */
const COMPACT = /^(\d{4})(\d\d)(\d\d)(?:([01]\d|2[0-3])[0-5]\d[0-5]\d)?$/;

/**
 * The date that a text in ISO 8601 is, or a number of milliseconds since 1970, which may be a text. `ERR_INVALID_ARG_VALUE` for a day that
 * there is not, for parts of a millisecond, and for digits that may be a date as well as milliseconds (20240131).
 */
export function dateOf(value: unknown, path: string): Date {
  if (typeof value === 'number') return fromMilliseconds(value, path);
  if (typeof value !== 'string') throw invalidType(path, 'a date in ISO 8601, or milliseconds', value);
  if (MILLISECONDS.test(value)) return fromMilliseconds(Number(value), path);
  const parts = DATE.exec(value);
  const date = new Date(parts === null ? Number.NaN : value);
  if (parts === null || Number.isNaN(date.getTime())) {
    throw invalidValue(`${path} must be a date in ISO 8601, not ${JSON.stringify(value)}`);
  }
  const [, day, dayOfMonth, fraction = ''] = parts;
  // Of February 31, Date makes a day in March.
  if (new Date(`${day}T00:00Z`).getUTCDate() !== Number(dayOfMonth)) {
    throw invalidValue(`${path}: there is no day ${day}`);
  }
  if (/[1-9]/.test(fraction.slice(3)))
    throw invalidValue(`${path}: a date holds milliseconds, and ${value} has parts of one`);
  return date;
}

function fromMilliseconds(value: number, path: string): Date {
  const date = new Date(value);
  if (Number.isNaN(date.getTime()) || !Number.isInteger(value)) {
    throw invalidValue(`${path} must be a date in ISO 8601, or whole milliseconds, not ${value}`);
  }
  const [, year, month, day] = COMPACT.exec(String(value)) ?? [];
  const iso = `${year}-${month}-${day}`;
  if (year !== undefined && isDay(iso)) {
    throw invalidValue(`${path}: ${value} may be the day ${iso}, or milliseconds: write it as a date in ISO 8601`);
  }
  return date;
}

function isDay(iso: string): boolean {
  const date = new Date(`${iso}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso);
}
