import { spawnSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtLibrary, copyOfLibrary } from '../store/child.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let program: string | undefined;

/** The command, compiled from the sources as they are. */
export function commandPath(): string {
  if (program !== undefined) return program;
  builtLibrary();
  const library = copyOfLibrary();
  for (const name of ['acorn', 'commander', 'cli-table3', 'string-width']) {
    symlinkSync(join(root, 'node_modules', name), join(library, 'node_modules', name));
  }
  program = join(library, 'dist/cli/main.js');
  return program;
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command as a shell does in a pipe. */
export function leasehold(args: readonly string[], input = ''): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [commandPath(), ...args], {
    encoding: 'utf8',
    input,
    timeout: 60_000,
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
}

/** What it prints, a line each. */
export function linesOf(args: readonly string[], input = ''): string[] {
  const { status, stdout, stderr } = leasehold(args, input);
  if (status !== 0) throw new Error(`leasehold ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout.split('\n').slice(0, -1);
}

/** What it prints, parsed, a JSON text a line. */
export function jsonOf(args: readonly string[], input = ''): unknown[] {
  return linesOf(args, input).map((line) => JSON.parse(line) as unknown);
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
