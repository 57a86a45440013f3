import { inspect } from 'node:util';
import { compileFunction, constants } from 'node:vm';
import { type Program, parse } from 'acorn';
import { DONE, Failure, NEGATIVE, tell } from './failure.ts';

/** The name of the function that prints an expression's value. No program uses this name. */
const SHOW = '__leasehold_show';

/**
 * Runs a program as `node` runs a file, with `names` in its scope. It may use `await` outside of functions. The value of each
 * statement that is an expression is printed, unless it is undefined. Ends when the program has nothing left to do; with `isConnected`, when its last statement has ended,
 * since a connection keeps the process busy. Returns the exit
 * code: 1 if the program throws or does not parse (then nothing of it has run), else `process.exitCode`.
 */
export async function runProgram(
  text: string,
  names: Readonly<Record<string, unknown>>,
  isConnected = false,
): Promise<number> {
  const program = compile(text, Object.keys(names));
  const show = (value: unknown): void => {
    if (value !== undefined) console.log(inspect(value));
  };
  try {
    await program(show, ...Object.values(names));
  } catch (error) {
    tell(`the program threw ${inspect(error)}`);
    return NEGATIVE;
  }
  // Timers and streams of the program still need the database.
  if (!isConnected) await new Promise((resolve) => process.once('beforeExit', resolve));
  return typeof process.exitCode === 'number' ? process.exitCode : DONE;
}

type Compiled = (show: (value: unknown) => void, ...values: unknown[]) => Promise<void>;

function compile(text: string, names: readonly string[]): Compiled {
  let body: string;
  try {
    body = showing(text, parse(text, { ecmaVersion: 'latest', allowAwaitOutsideFunction: true, allowHashBang: true }));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Failure(NEGATIVE, `the program cannot be run: ${error.message}`);
  }
  const before = 'return (async () => {';
  return compileFunction(`${before}${body}\n})()`, [SHOW, ...names], {
    filename: 'standard input',
    columnOffset: -before.length,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as Compiled;
}

/** The program with a call of SHOW around each statement that is an expression. Line numbers do not change. */
function showing(text: string, { body }: Program): string {
  let made = '';
  let end = 0;
  for (const statement of body) {
    if (statement.type !== 'ExpressionStatement' || statement.directive !== undefined) continue;
    const expression = text.slice(statement.start, statement.end).replace(/;$/, '');
    made += `${text.slice(end, statement.start)}${SHOW}((${expression}));`;
    end = statement.end;
  }
  return made + text.slice(end);
}
