import { describe, Failure } from './failure.ts';

/** The signals that ask a command to end (Ctrl-C, `kill`, a closed terminal), with a shell's exit code: 128 plus the number of the signal. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type SignalName = keyof typeof SIGNALS;

/**
 * Calls `fn` with an AbortSignal that SIGINT, SIGTERM or SIGHUP aborts. What `fn` throws after that is printed, and the command ends
 * with 130, 143 or 129. A second signal ends the process at once.
 */
export async function interruptible<T>(fn: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const abort = (name: SignalName): void => {
    exitCode ??= SIGNALS[name];
    removeListeners();
    controller.abort();
  };
  const removeListeners = (): void => {
    for (const name of Object.keys(SIGNALS)) process.off(name, abort);
  };
  for (const name of Object.keys(SIGNALS)) process.on(name, abort);
  try {
    return await fn(controller.signal);
  } catch (error) {
    throw exitCode === undefined ? error : new Failure(exitCode, describe(error), { cause: error });
  } finally {
    removeListeners();
  }
}
