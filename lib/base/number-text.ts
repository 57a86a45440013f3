/** The shortest digits that read back as the same double; `-0`, `NaN`, `Infinity` and `-Infinity` too. */
export function numberToText(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number);
}

/** The same as JSON: a string where JSON has no such number. */
export function numberToJson(number: number): string {
  const text = numberToText(number);
  return Number.isFinite(number) ? text : `"${text}"`;
}

/** Whether a text is just what a double is written as, and no other number. */
export function isWritten(text: string): boolean {
  const number = Number(text);
  if (String(number) !== text || !Number.isFinite(number)) return false;
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) || BigInt(text) === BigInt(number);
}
