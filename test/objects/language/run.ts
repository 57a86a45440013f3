import { parse } from 'acorn';
import { inspect } from 'node:util';

const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>;

/** Runs statements of a program, with names that they can use, and returns what the last one gives, as text. */
export async function outcomeOf(code: string, names: Record<string, unknown>): Promise<string> {
  const last = parse(code, { ecmaVersion: 2022, allowAwaitOutsideFunction: true }).body.at(-1);
  if (last === undefined) throw new Error(`no code: ${code}`);
  const isExpression = last.type === 'ExpressionStatement';
  const body = isExpression
    ? `${code.slice(0, last.start)}return (${code.slice(last.start).replace(/;\s*$/, '')});`
    : code;
  const run = new AsyncFunction(...Object.keys(names), `'use strict';\n${body}`);
  try {
    return inspect(await run(...Object.values(names)), { depth: 5, breakLength: Number.POSITIVE_INFINITY });
  } catch (error) {
    const { name, code: errorCode, message } = error as Error & { code?: string };
    return `throws ${typeof errorCode === 'string' ? errorCode : name}: ${message}`;
  }
}
