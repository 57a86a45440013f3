import { type ChildProcess, spawn } from 'node:child_process';
import { commandPath } from './command.ts';

/** A process of `leasehold serve`. */
export interface ServingProcess {
  readonly address: string;
  readonly addresses: readonly string[];
  readonly metrics: string | null;
  /** What it has written to standard error. */
  told(): string;
  /** Sends a signal, and waits for its end: gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Starts `leasehold serve` and waits until it listens. */
export async function startServing(args: readonly string[]): Promise<ServingProcess> {
  const child = spawn(process.execPath, [commandPath(), 'serve', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.includes('\n')) resolve(text);
    });
    child.once('close', (code) => reject(new Error(`leasehold serve ended with ${code}: ${told}`)));
  });
  const started = JSON.parse(line) as { addresses: [string]; metrics: string | null };
  return {
    address: started.addresses[0],
    ...started,
    told: () => told,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended.finally(() => running.delete(child));
    },
  };
}

/** Kills the processes that a test has left. */
export function killServing(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}
