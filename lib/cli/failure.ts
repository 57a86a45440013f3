/** The exit codes of the command. */
export const DONE = 0;
/** The key is not there, or a check has failed. */
export const NEGATIVE = 1;
export const USAGE = 2;
/** The database or the input is at fault. */
export const FAULT = 3;

/** Ends the command with an exit code, and a message on standard error if there is one. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Ends the command without an error: the reader of its output has gone. */
export class OutputClosed extends Error {}

/** Prints an error that a command has thrown, and returns the exit code. */
export function report(error: unknown): number {
  if (error instanceof OutputClosed) return DONE;
  if (error instanceof Failure) {
    if (error.message !== '') tell(error.message);
    return error.exitCode;
  }
  tell(describe(error));
  return FAULT;
}

/** An error's code, and its message in the words of the command line. */
export function describe(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? `${error.code}: ` : '';
  const message = messageOf(error);
  // Messages of the system already begin with the code.
  return message.startsWith(code) ? message : `${code}${message}`;
}

export function tell(message: string): void {
  process.stderr.write(`leasehold: ${message}\n`);
}

/** Calls `fn`. Its errors about arguments become errors of usage, since the arguments come from the command line. */
export function asUsage<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!/^ERR_(?:INVALID_ARG_(?:TYPE|VALUE)|OUT_OF_RANGE|KEY_SIZE)$/.test(code)) throw error;
    throw new Failure(USAGE, `${code}: ${messageOf(error)}`, { cause: error });
  }
}

/** As `asUsage`, for a promise. */
export async function asUsageLater<T>(fn: () => Promise<T>): Promise<T> {
  const settled = await fn().then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  return asUsage(settled);
}

/** Options of the library and calls, as its messages name them between backticks, and what the command has in their place. */
const IN_COMMAND: { readonly [name: string]: string } = {
  format: '--format',
  key: '--key',
  columns: '--columns',
  encoding: '--encoding',
  resume: '--resume',
  mapSize: '--map-size',
  tls: '--tls-cert and --tls-key',
  'tls.ca': '--tls-ca',
  onDuplicate: '--on-duplicate',
  'key: false': '--no-key',
  'dupSort: true': '--dup-sort',
  'versions: true': '--versions',
  'expires: true': '--expires',
  "keys: 'any'": '--any-keys',
  'lock: false': '--no-lock',
  'readOnly: true': 'a command that only reads',
  'env.resize()': 'leasehold import --map-size',
  'env.readers()': 'leasehold readers',
  'env.checkReaders()': 'leasehold readers --check',
};

/** An error's message, in which options of the library are those of the command. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/`([^`]+)`/g, (quoted, name: string) =>
    Object.hasOwn(IN_COMMAND, name) ? (IN_COMMAND[name] as string) : quoted,
  );
}
