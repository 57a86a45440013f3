import type { Environment } from '../../../lib/index.ts';
import { LockManager, type LockMode } from '../../../lib/objects/index.ts';
import { openAt, temporaryFolder } from '../../support/fixture.ts';

/** A promise that never settles. */
export const never: Promise<never> = new Promise(() => {});

export interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** The locks of a new environment. */
export function lockManager(): { path: string; env: Environment; locks: LockManager } {
  const path = temporaryFolder();
  const env = openAt(path);
  return { path, env, locks: new LockManager(env) };
}

interface Holding {
  request: Promise<void>;
  release: () => void;
}

/** Holds a lock until `release` is called. */
export async function hold(locks: LockManager, name: string, mode: LockMode = 'exclusive'): Promise<Holding> {
  const { promise, resolve } = deferred();
  const held = deferred();
  const request = locks.request(name, { mode }, () => {
    held.resolve();
    return promise;
  });
  request.catch(() => {});
  await Promise.race([held.promise, request]);
  return { request, release: resolve };
}

/** The name and the code of the error with which a promise is rejected. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    (value) => `nothing, but gave ${String(value)}`,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) return String(error);
  return `${error.name} ${(error as Error & { code?: string }).code ?? ''}`.trim();
}

/**
 * What programs in other processes and threads begin with: `locks` of the environment `args.path`, and commands by the lines of their input.
 * `hold NAME MODE` holds a lock until `release NAME`; `try NAME` says whether it is free.
 */
export const program = `
const { LockManager } = await import(library + '/dist/objects.js');
const { createInterface } = await import('node:readline');
const env = open(args.path, { durability: 'nosync' });
const locks = new LockManager(env);
const releases = {};
const commands = {
  hold: (name, mode = 'exclusive') => {
    locks.request(name, { mode }, () => new Promise((resolve) => {
      releases[name] = resolve;
      tell(['held', name]);
    })).then(() => tell(['released', name]), (error) => tell([error.name, name]));
  },
  release: (name) => releases[name](),
  steal: (name) => locks.request(name, { steal: true }, () => tell(['stolen', name])),
  try: (name) => locks.request(name, { ifAvailable: true }, (lock) => tell([lock === null ? 'taken' : 'free', name])),
  query: async () => tell(await locks.query()),
  pid: () => tell(process.pid),
};
const serve = async () => {
  for await (const line of createInterface(process.stdin)) {
    const [command, ...given] = line.split(' ');
    commands[command](...given);
  }
};
`;
