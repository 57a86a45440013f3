/** What the command's exit tells. */
export const DONE = 0;
/** What was asked for is not there, or a check has failed. */
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

/** Ends the command quietly: whoever read its output has gone. */
export class OutputClosed extends Error {}

/** The exit code for anything that a command throws, after having told the user. */
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
  // The system's own messages begin with it.
  return message.startsWith(code) ? message : `${code}${message}`;
}

export function tell(message: string): void {
  process.stderr.write(`leasehold: ${message}\n`);
}

/** Calls `fn`; what it says of its arguments is for whoever typed the command. */
export function asUsage<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!/^ERR_(?:INVALID_ARG_(?:TYPE|VALUE)|OUT_OF_RANGE|KEY_SIZE)$/.test(code)) throw error;
    throw new Failure(USAGE, `${code}: ${messageOf(error)}`, { cause: error });
  }
}

/** What the options that the library's messages name are called here. */
const OPTIONS: { readonly [name: string]: string } = {
  format: '--format',
  key: '--key',
  columns: '--columns',
  resume: '--resume',
  mapSize: '--map-size',
  onDuplicate: '--on-duplicate',
  'key: false': '--no-key',
  'dupSort: true': '--dup-sort',
  'lock: false': '--no-lock',
};

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/`([^`]+)`/g, (quoted, name: string) =>
    Object.hasOwn(OPTIONS, name) ? (OPTIONS[name] as string) : quoted,
  );
}
