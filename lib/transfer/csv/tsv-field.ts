/*
 * The fields of TSV are literal (IANA, text/tab-separated-values): a quote or a backslash is a character as any other, and
 * neither a tab nor a line end can stand in a field. So that every text can be exported and imported again, one that cannot
 * stand there as it is begins with `\:`, and has `\t`, `\n`, `\r` and `\\` for tab, line feed, carriage return and backslash. These are: a
 * text with one of the first three, one that itself begins with `\:` or with a byte order mark, and an empty one (`\:` alone)
 * where an empty field is an absent one. A field that is not exactly what an export writes is literal.
 */
const MARK = '\\:';

const WRITTEN: { readonly [character: string]: string } = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };
const MEANT: { readonly [written: string]: string } = { '\\t': '\t', '\\n': '\n', '\\r': '\r', '\\\\': '\\' };

/** A text as a field of TSV. `marksEmpty`: an empty field would be an absent one. */
export function tsvFieldOf(text: string, marksEmpty: boolean): string {
  if (text === '') return marksEmpty ? MARK : '';
  if (!/[\t\n\r]|^\\:|^\ufeff/.test(text)) return text;
  return MARK + text.replaceAll(/[\t\n\r\\]/g, (character) => WRITTEN[character] as string);
}

/** The text that a field of TSV with escapes is, undefined if the field is literal. */
export function escapedTsvText(field: string): string | undefined {
  if (!field.startsWith(MARK)) return undefined;
  const text = field.slice(MARK.length).replaceAll(/\\[tnr\\]/g, (written) => MEANT[written] as string);
  return tsvFieldOf(text, true) === field ? text : undefined;
}
