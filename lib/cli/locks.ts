let locks = true;

/** Says whether the command uses the lock files of databases (not with `--no-lock`). */
export function useLocks(use: boolean): void {
  locks = use;
}

export function usesLocks(): boolean {
  return locks;
}
