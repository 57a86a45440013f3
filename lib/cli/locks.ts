let locks = true;

/** Has the command read databases with their lock files, or without: `--no-lock`. */
export function useLocks(use: boolean): void {
  locks = use;
}

export function usesLocks(): boolean {
  return locks;
}
