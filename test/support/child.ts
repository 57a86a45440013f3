import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { temporaryFolder } from './fixture.ts';
import { sharedOnce } from './shared-once.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The packages that the library loads, some of them only when they are needed. */
const dependencies = ['node-gyp-build', 'csv-parse', 'csv-stringify', 'msgpackr', 'mutative'].map(
  (name) => `node_modules/${name}`,
);

/** Those that it loads from where they are: they load others. */
const linkedDependencies = ['node_modules/pg'];

/** The packages that the command loads. */
const commandDependencies = ['acorn', 'commander', 'cli-table3', 'string-width'].map((name) => `node_modules/${name}`);

/**
 * `'bundled'`: as it is published. `'files'`: a file for each file of lib/, for tests that patch or inspect a module of the library. It takes
 * a process 0.15 s longer to load.
 */
export type LibraryForm = 'bundled' | 'files';

const compilers: { readonly [form in LibraryForm]: (dist: string) => string[] } = {
  bundled: (dist) => ['scripts/build-library.mjs', dist],
  // Without checking types, which takes twice as long and is `npm run typecheck`.
  files: (dist) => ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck', '--outDir', dist],
};

/**
 * A folder with the library, compiled from the present sources, and its addon. Other processes import it from there. It is not dist/, which
 * may be older, and which no test may change.
 */
export function builtLibrary(form: LibraryForm = 'bundled'): string {
  return sharedOnce(`library-${form}`, (folder) => {
    execFileSync(process.execPath, compilers[form](join(folder, 'dist')), { cwd: root, stdio: 'inherit' });
    for (const name of ['build/Release/leasehold.node', 'prebuilds', 'package.json', ...dependencies]) {
      if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    for (const name of [...commandDependencies, ...linkedDependencies])
      symlinkSync(realpathSync(join(root, name)), join(folder, name));
  });
}

/** A copy of the built library that a test may patch. */
export function copyOfLibrary(form: LibraryForm = 'bundled'): string {
  const folder = temporaryFolder();
  cpSync(builtLibrary(form), folder, { recursive: true });
  return folder;
}

/** Writes a program in which all exports of the library are in scope, and its arguments are `args`. Returns its path. */
function program(source: string, library: string): string {
  const folder = temporaryFolder();
  execFileSync('chmod', ['755', folder]);
  mkdirSync(join(folder, 'program'));
  const path = join(folder, 'program/main.mjs');
  const url = pathToFileURL(join(library, 'dist/index.js')).href;
  writeFileSync(
    path,
    `import * as leasehold from ${JSON.stringify(url)};
const { open, bytes, utf8, uint32, json, msgpack, tuple, struct, t, sinkOf } = leasehold;
const args = JSON.parse(process.argv[2]);
const library = ${JSON.stringify(library)};
const tell = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
/** Blocks until the test sends a line. Standard input may be a socket that does not block. */
const waitForLine = () => {
  for (;;) {
    try { return process.getBuiltinModule('node:fs').readSync(0, Buffer.alloc(8)); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
};
const codeOf = (fn) => { try { fn(); return 'none'; } catch (error) { return error.code ?? String(error); } };
${source}
`,
  );
  return path;
}

/** The path of a program of this source, for a test that starts it itself. */
export function childProgram(source: string): string {
  return program(source, builtLibrary());
}

export interface ChildOptions {
  /** Another user's id, for tests of permissions: root passes every check. */
  uid?: number;
  library?: string;
  execArgv?: string[];
  /** Added to this process's environment variables. */
  env?: Record<string, string>;
  /** After so many ms it is killed: 60,000 by default. */
  timeout?: number;
}

export interface ChildResult {
  status: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  /** What the program has passed to `tell`. */
  told: unknown[];
}

/** Runs a program in its own process, to the end. */
export function runChild(source: string, args: unknown = null, options: ChildOptions = {}): ChildResult {
  const path = program(source, options.library ?? builtLibrary());
  const { uid, env } = options;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...(options.execArgv ?? []), path, JSON.stringify(args)],
    {
      encoding: 'utf8',
      timeout: options.timeout ?? 60_000,
      env: { ...process.env, ...env },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    },
  );
  const told = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
  return { status, signal, stderr, told };
}

/** Runs a program that must end with status 0. Returns the first thing that it has passed to `tell`. */
export function askChild(source: string, args: unknown = null, options: ChildOptions = {}): unknown {
  const { status, signal, stderr, told } = runChild(source, args, options);
  if (status !== 0) throw new Error(`the child ended with ${status ?? signal}: ${stderr}`);
  return told[0];
}

/** A process that runs until its input ends. Its program calls `tell` when it is ready. */
export class WaitingChild {
  readonly #child: ReturnType<typeof spawn>;
  readonly #lines: string[] = [];
  readonly #exited: Promise<unknown>;
  #wake: (() => void) | undefined;

  constructor(source: string, args: unknown = null, execArgv: readonly string[] = []) {
    this.#child = spawn(process.execPath, [...execArgv, program(source, builtLibrary()), JSON.stringify(args)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.#lines.push(...lines);
      this.#wake?.();
    });
    this.#child.on('exit', () => this.#wake?.());
    this.#exited = new Promise((resolve) => this.#child.on('exit', resolve));
  }

  /** The next thing that the process passes to `tell`. */
  async next(): Promise<unknown> {
    while (this.#lines.length === 0) {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) throw new Error(`the child ended with ${exitCode ?? signalCode}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return JSON.parse(this.#lines.shift() as string);
  }

  /** All that `next` has not returned yet. It is complete only once the process has ended. */
  rest(): unknown[] {
    return this.#lines.splice(0).map((line) => JSON.parse(line) as unknown);
  }

  /** Sends a line. Programs read lines with `for await (const line of createInterface(process.stdin))`. */
  send(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.#exited;
  }

  /** Kills the process, as a crash would: it releases nothing. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await closed;
  }
}
