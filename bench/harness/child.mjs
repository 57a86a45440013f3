import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * Runs a program and gives its standard output. Blocks of `input`, if given, go to its standard input.
 * Rejects if it does not exit with 0; what it wrote to standard error passes through.
 */
export async function output(program, args, { input } = {}) {
  const child = spawn(program, args.map(String), { stdio: [input ? 'pipe' : 'ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  if (input) await Promise.race([exited, feed(child.stdin, input)]);
  await exited;
  return Buffer.concat(chunks).toString();
}

async function feed(stdin, input) {
  // A child that dies early says why itself; its closed pipe adds nothing.
  stdin.on('error', () => {});
  for (const block of input) {
    await new Promise((resolve) => stdin.write(block, resolve));
  }
  stdin.end();
}

/** The command that measures a driver written in JavaScript. */
export function measureInNode(measurement) {
  const script = fileURLToPath(new URL('measure.mjs', import.meta.url));
  return [process.execPath, [script, JSON.stringify(measurement)]];
}

/** The same for the suite `put`. */
export function measurePutsInNode(measurement) {
  const script = fileURLToPath(new URL('measure-puts.mjs', import.meta.url));
  return [process.execPath, [script, JSON.stringify(measurement)]];
}
