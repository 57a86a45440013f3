import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Stream, Writable } from 'node:stream';
import { run } from '../../lib/cli/program.ts';
import { builtLibrary } from '../support/child.ts';

/** The command, compiled from the sources as they are. */
export function commandPath(): string {
  return join(builtLibrary(), 'dist/cli/main.js');
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Commands that depend on the process that they run in: on how its input arrives, or on a process that they start. */
const PROCESS_COMMANDS = ['repl', 'verify', 'bench'];

/** Runs the command as a shell does in a pipe. */
export function processOf(args: readonly string[], input = ''): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [commandPath(), ...args], {
    encoding: 'utf8',
    input,
    timeout: 60_000,
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
}

/**
 * Runs the command with these arguments and this input, as in a pipe. It runs in this process, which takes a tenth of the
 * time, unless it is one of PROCESS_COMMANDS. process.test.ts runs each command as a process.
 */
export async function leasehold(args: readonly string[], input = ''): Promise<Ran> {
  const command = args.find((arg) => !arg.startsWith('-'));
  if (command !== undefined && PROCESS_COMMANDS.includes(command)) return processOf(args, input);
  const stdout = new Gathered();
  const stderr = new Gathered();
  const status = await runWith(args, { stdin: streamOf(input), stdout, stderr });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

/** The exit code, and all that would appear on a terminal of 80 columns; `onTerminal` runs a process on a real one. */
export async function asOnTerminal(args: readonly string[]): Promise<{ status: number; shown: string }> {
  const terminal = Object.assign(new Gathered(), { isTTY: true, columns: 80 });
  const status = await runWith(args, { stdin: streamOf(''), stdout: terminal, stderr: terminal });
  return { status, shown: terminal.text };
}

const streamOf = (text: string): Readable => Readable.from(text === '' ? [] : [Buffer.from(text)]);

class Gathered extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** Runs the command with other streams in the place of this process's own; gives the exit code. */
async function runWith(
  args: readonly string[],
  streams: Record<'stdin' | 'stdout' | 'stderr', Stream>,
): Promise<number> {
  const own = Object.entries(Object.getOwnPropertyDescriptors(process)).filter(([name]) => name in streams);
  for (const [name, value] of Object.entries(streams))
    Object.defineProperty(process, name, { value, configurable: true });
  try {
    return await run(args);
  } finally {
    for (const [name, descriptor] of own) Object.defineProperty(process, name, descriptor);
  }
}

/** What it prints, a line each. */
export async function linesOf(args: readonly string[], input = ''): Promise<string[]> {
  const { status, stdout, stderr } = await leasehold(args, input);
  if (status !== 0) throw new Error(`leasehold ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout.split('\n').slice(0, -1);
}

/** What it prints, parsed, a JSON text a line. */
export async function jsonOf(args: readonly string[], input = ''): Promise<unknown[]> {
  return (await linesOf(args, input)).map((line) => JSON.parse(line) as unknown);
}

export const hasTerminal: boolean = existsSync('/usr/bin/script');

/** Runs the command on a terminal of 80 columns; the exit code, and all that appears there. */
export function onTerminal(args: readonly string[]): { status: number | null; shown: string } {
  const words = [process.execPath, commandPath(), ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const { status, stdout } = spawnSync('script', ['-qec', words.join(' '), '/dev/null'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, shown: stdout.replaceAll('\r\n', '\n') };
}
