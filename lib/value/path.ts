/** Where in a value its encoding is: a field's name or an element's index, in what `parent` is. */
export class Path {
  readonly parent: Path | undefined;
  readonly step: string | number;

  constructor(parent: Path | undefined, step: string | number) {
    this.parent = parent;
    this.step = step;
  }
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** How errors name what stands at `step` of `path`: `value.lines[3].price`. */
export function pathText(path: Path | undefined, step: string | number): string {
  if (path === undefined) return String(step);
  const before = pathText(path.parent, path.step);
  if (typeof step === 'number') return `${before}[${step}]`;
  return NAME.test(step) ? `${before}.${step}` : `${before}[${JSON.stringify(step)}]`;
}
