/*
 * The fields of TSV are literal (IANA, text/tab-separated-values): a quote or a backslash is an ordinary character, and a field cannot
 * contain a tab or a line end. So that every text can be exported and imported again, an export escapes some texts: they begin with
 * `\:`, and a tab, a line feed, a carriage return and a backslash in them are `\t`, `\n`, `\r` and `\\`. An export escapes texts that contain one of
 * the first three, texts that begin with `\:` or with a byte order mark, and an empty text (as `\:` alone) where an empty field would mean that
 * the field is absent. An import unescapes exactly the fields that an export would have written so. All others are literal.
 */
const MARK = '\\:';

const WRITTEN: { readonly [character: string]: string } = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };
const MEANT: { readonly [written: string]: string } = { '\\t': '\t', '\\n': '\n', '\\r': '\r', '\\\\': '\\' };

/** A text as a field of TSV. With `marksEmpty`, an empty text is escaped, since an empty field would be absent. */
export function tsvFieldOf(text: string, marksEmpty: boolean): string {
  if (text === '') return marksEmpty ? MARK : '';
  if (!/[\t\n\r]|^\\:|^\ufeff/.test(text)) return text;
  return MARK + text.replaceAll(/[\t\n\r\\]/g, (character) => WRITTEN[character] as string);
}

/** The text of an escaped field of TSV; undefined if the field is literal. */
export function escapedTsvText(field: string): string | undefined {
  if (!field.startsWith(MARK)) return undefined;
  const text = field.slice(MARK.length).replaceAll(/\\[tnr\\]/g, (written) => MEANT[written] as string);
  return tsvFieldOf(text, true) === field ? text : undefined;
}
