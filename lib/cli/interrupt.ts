import { describe, Failure } from './failure.ts';

/** What asks a command to end: Ctrl-C, `kill`, a terminal that is closed. A shell's exit code for one is 128 and its number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type SignalName = keyof typeof SIGNALS;

/**
 * Calls `fn` with a signal that is aborted by SIGINT, SIGTERM or SIGHUP; a second one ends the process. What `fn` then throws
 * is told, and the command ends with 130, 143 or 129.
 */
export async function interruptible<T>(fn: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const abort = (name: SignalName): void => {
    exitCode ??= SIGNALS[name];
    letGo();
    controller.abort();
  };
  const letGo = (): void => {
    for (const name of Object.keys(SIGNALS)) process.off(name, abort);
  };
  for (const name of Object.keys(SIGNALS)) process.on(name, abort);
  try {
    return await fn(controller.signal);
  } catch (error) {
    throw exitCode === undefined ? error : new Failure(exitCode, describe(error), { cause: error });
  } finally {
    letGo();
  }
}
