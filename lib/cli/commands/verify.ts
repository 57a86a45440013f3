import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { displayName } from '../database.ts';
import { FAULT, Failure } from '../failure.ts';
import { usesLocks } from '../locks.ts';
import { Output } from '../output.ts';
import { Table } from '../terminal-table.ts';
import type { Verified } from '../verify/changes.ts';

/**
 * `leasehold verify`. Another process reads the database, since reading a damaged page can end the process with a signal.
 */
export async function verify(path: string): Promise<number> {
  const args = ['verify', '--here', ...(usesLocks() ? [] : ['--no-lock']), path];
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const verified: Verified[] = [];
  let reading: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    const told = JSON.parse(line) as { reading: string } | Verified;
    if ('reading' in told) reading = told.reading;
    else verified.push(told);
  }
  const { code, signal } = await ended;
  await show(verified);
  if (code !== null) return code;
  const where = reading === undefined ? 'while it was being opened' : `in the collection ${displayName(reading)}`;
  throw new Failure(FAULT, `MDB_CORRUPTED: '${path}' is damaged ${where}: reading it ended in ${signal}`);
}

async function show(verified: readonly Verified[]): Promise<void> {
  const output = new Output();
  if (output.isTerminal) {
    new Table(output).print(
      ['collection', 'entries', 'problems'],
      verified.map(({ collection, entries, problems }) => [displayName(collection), entries, problems]),
    );
    for (const { collection, found } of verified) {
      for (const problem of found) output.line(`${displayName(collection)}: ${problem}`);
    }
  } else {
    for (const each of verified) output.json(each);
  }
  await output.flush();
}
