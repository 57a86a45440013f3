import { inspect } from 'node:util';
import { parse } from 'acorn';

const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>;

/** Runs the body of an async function, in which the names are what they stand for. */
export function runCode(body: string, names: Record<string, unknown>): Promise<unknown> {
  return new AsyncFunction(...Object.keys(names), `'use strict';\n${body}`)(...Object.values(names));
}

/** The body of a function that runs statements, and returns in an array what the last one gives, which is an expression. */
export function bodyOf(code: string): string {
  const last = parse(code, { ecmaVersion: 2022, allowAwaitOutsideFunction: true }).body.at(-1);
  if (last?.type !== 'ExpressionStatement') throw new Error(`the last statement is no expression: ${code}`);
  return `${code.slice(0, last.start)}return [${code.slice(last.expression.start, last.expression.end)}];`;
}

/** What an operation has given, as the page shows it. The ids of objects depend on which operations have run before. */
export function shownOutcome(value: unknown): string {
  return withoutIds(inspect(value, { depth: 5, breakLength: Number.POSITIVE_INFINITY }));
}

export function shownError({ name, code, message }: { name: string; code?: unknown; message: string }): string {
  return withoutIds(`throws ${typeof code === 'string' ? code : name}: ${message}`);
}

export function withoutIds(text: string): string {
  return text.replaceAll(/(<[\w.]+ )\d+>/g, '$117>').replaceAll(/("\$id":)\d+/g, '$117');
}
