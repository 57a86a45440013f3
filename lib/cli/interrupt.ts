/** Calls `fn` with a signal that Ctrl-C aborts; a second one ends the process. */
export async function interruptible<T>(fn: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.once('SIGINT', abort);
  try {
    return await fn(controller.signal);
  } finally {
    process.off('SIGINT', abort);
  }
}
