// The floor of a scan: C loops that pack the rows into the same frames, send them, and read them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { buildProgram } from '../../harness/c-program.mjs';

async function program(...args) {
  const child = spawn(await buildProgram('network/rows'), args, { stdio: ['pipe', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill());
  return { child, lines: createInterface({ input: child.stdout }) };
}

export async function start(folder, { entries }) {
  const path = join(folder, 'c.sock');
  const { lines } = await program('serve', path, String(entries));
  await once(lines, 'line');
  return path;
}

export async function client(path) {
  const { child, lines } = await program('scan', path);
  return {
    async scan() {
      child.stdin.write('\n');
      const [line] = await once(lines, 'line');
      return Number.parseInt(line, 10);
    },
    close: () => child.kill(),
  };
}
