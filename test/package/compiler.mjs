// node compiler.mjs FOLDER COMPILER ARGUMENT…: a compiler that never compiles the same text twice. It stores the object of each call with `-c`
// in FOLDER, under a hash of the options and the preprocessed text. A later call with the same text and options gets a copy of the object.
// A missing or changed header is still noticed, since the preprocessor reads all headers each time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const [folder, compiler, ...args] = process.argv.slice(2);

/** Runs the compiler, and returns what it prints. */
function run(options) {
  const { status, stdout } = spawnSync(compiler, options, {
    stdio: ['inherit', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${compiler} ${options.join(' ')} ended with ${status}`);
  return stdout;
}

/** The path under which the object of this call is stored. */
function objectPath() {
  const preprocessed = run(args.map((each, i) => (each === '-c' ? '-E' : args[i - 1] === '-o' ? '-' : each)));
  const options = args.filter((each, i) => !['-o', '-MF'].includes(args[i - 1]) && !each.startsWith('-I'));
  // Lines that begin with '#' contain file names, which differ between copies of the sources.
  const text = preprocessed.toString().replace(/^#.*$/gm, '');
  return join(folder, createHash('sha256').update(options.join(' ')).update(text).digest('hex'));
}

/** Compiles, or waits for another process that is already compiling the same. */
async function make(object, output) {
  while (!existsSync(object)) {
    try {
      mkdirSync(`${object}.lock`);
    } catch {
      await setTimeout(50);
      continue;
    }
    try {
      run(args);
      copyFileSync(output, `${object}.new`);
      renameSync(`${object}.new`, object);
    } finally {
      rmdirSync(`${object}.lock`);
    }
  }
}

if (args.includes('-c')) {
  const object = objectPath();
  const output = args[args.indexOf('-o') + 1];
  await make(object, output);
  copyFileSync(object, output);
} else {
  process.stdout.write(run(args));
}
