import { cellOf } from './cell.ts';
import { widthOf } from './columns.ts';
import type { Output } from './output.ts';

/** Prints each field whole, on a line of its own, behind its name. */
export function printFields(output: Output, fields: readonly (readonly [name: string, value: unknown])[]): void {
  const names = fields.map(([name]) => cellOf(name));
  const width = Math.max(0, ...names.map(widthOf));
  fields.forEach(([, value], i) => {
    const name = names[i] as string;
    output.line(`${name}${' '.repeat(width - widthOf(name))}  ${cellOf(value)}`.trimEnd());
  });
}
