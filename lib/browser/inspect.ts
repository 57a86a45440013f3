const custom: unique symbol = Symbol.for('nodejs.util.inspect.custom');

type Inspect = ((value: unknown, options?: { readonly depth?: number | null }) => string) & { readonly custom: symbol };

/** In a browser, instead of Node's `util.inspect`: for the texts of sinks, codecs and errors. The console of a browser shows objects by itself. */
export const inspect: Inspect = Object.assign(
  (value: unknown, { depth = 2 }: { readonly depth?: number | null } = {}) =>
    show(value, depth ?? Number.POSITIVE_INFINITY, new Set()),
  { custom },
);

function show(value: unknown, depth: number, around: Set<unknown>): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `[Function: ${value.name}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (around.has(value)) return '[Circular]';
  const within = new Set([...around, value]);
  const own = (value as { [custom]?: unknown })[custom];
  if (typeof own === 'function') {
    const shown: unknown = own.call(value, depth, { depth });
    if (typeof shown === 'string') return shown;
    if (shown !== value) return show(shown, depth, within);
  }
  if (value instanceof Error) return String(value.stack);
  if (value instanceof Date) return String(value);
  if (depth < 0) return Array.isArray(value) ? '[Array]' : '[Object]';
  const inner = (each: unknown): string => show(each, depth - 1, within);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return `[ ${Array.from(value as never, inner).join(', ')} ]`;
  const fields = Object.entries(value).map(([name, each]) => `${name}: ${inner(each)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

function quoted(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${escaped}'`;
}
