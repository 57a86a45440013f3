import { inspect } from 'node:util';
import { parse } from 'acorn';

const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>;

/** Runs the body of an async function, in which the names are what they stand for. */
export function runCode(body: string, names: Record<string, unknown>): Promise<unknown> {
  return new AsyncFunction(...Object.keys(names), `'use strict';\n${body}`)(...Object.values(names));
}

/** Runs statements, and returns as text what the last one gives, which is an expression. */
export async function outcomeOf(code: string, names: Record<string, unknown>): Promise<string> {
  const last = parse(code, { ecmaVersion: 2022, allowAwaitOutsideFunction: true }).body.at(-1);
  if (last?.type !== 'ExpressionStatement') throw new Error(`the last statement is no expression: ${code}`);
  const { start, end } = last.expression;
  try {
    const value = await runCode(`${code.slice(0, last.start)}return [${code.slice(start, end)}];`, names);
    return inspect((value as unknown[])[0], { depth: 5, breakLength: Number.POSITIVE_INFINITY });
  } catch (error) {
    const { name, code: given, message } = error as Error & { code?: unknown };
    return `throws ${typeof given === 'string' ? given : name}: ${message}`;
  }
}
