// node compiler.mjs FOLDER COMPILER ARGUMENT…: a compiler that compiles no text twice. What a call with `-c` makes is kept in FOLDER, under the hash
// of its options and of its text after the preprocessor. A later call with the same text and options gets a copy. A header that is missing
// or is another one is noticed all the same: the preprocessor reads all of them each time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const [folder, compiler, ...args] = process.argv.slice(2);

/** Gives what the compiler prints. */
function run(options) {
  const { status, stdout } = spawnSync(compiler, options, {
    stdio: ['inherit', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${compiler} ${options.join(' ')} ended with ${status}`);
  return stdout;
}

/** Where the object of this call is kept. */
function objectPath() {
  const preprocessed = run(args.map((each, i) => (each === '-c' ? '-E' : args[i - 1] === '-o' ? '-' : each)));
  const options = args.filter((each, i) => !['-o', '-MF'].includes(args[i - 1]) && !each.startsWith('-I'));
  // The lines that begin with '#' name files, which lie elsewhere in each copy of the sources.
  const text = preprocessed.toString().replace(/^#.*$/gm, '');
  return join(folder, createHash('sha256').update(options.join(' ')).update(text).digest('hex'));
}

/** Compiles, unless another process does so already: then this one waits for it. */
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
