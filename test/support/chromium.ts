import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { temporaryFolder } from './fixture.ts';

/** The command of a Chromium on this machine; undefined if there is none. */
function find(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return names.find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0);
}

const command = find();

/**
 * Why tests in a browser must be skipped; undefined if there is a browser. Where all tests must run (`CI` in the environment), they are not skipped: they fail
 * without one.
 */
export const NO_BROWSER: string | undefined =
  command === undefined && process.env['CI'] === undefined
    ? 'there is no Chromium: apt-get install chromium, or a package of that name'
    : undefined;

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

interface Waiting {
  resolve(result: Record<string, unknown>): void;
  reject(error: Error): void;
}

/** A headless Chromium, driven by the DevTools protocol over a pipe: JSON, with a NUL behind each message. */
export class Chromium {
  readonly #out: Writable;
  readonly #waiting = new Map<number, Waiting>();
  /** What to call when the page of a session has been loaded. */
  readonly #loading = new Map<string, () => void>();
  readonly #ended: Promise<void>;
  #last = 0;
  #stderr = '';

  private constructor(process: ChildProcess) {
    this.#out = process.stdio[3] as Writable;
    this.#out.on('error', () => {});
    let rest = '';
    (process.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) this.#take(JSON.parse(message) as Answer);
    });
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#ended = new Promise((resolve) => {
      process.once('close', (code, signal) => {
        const error = new Error(`Chromium has ended with ${code ?? signal}: ${this.#stderr}`);
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Starts one that leaves nothing in the home of the user. */
  static async start(): Promise<Chromium> {
    if (command === undefined) throw new Error('there is no Chromium, which the tests need in CI: see .ci/run');
    const home = temporaryFolder();
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    const started = spawn(
      command,
      [...flags, '--disable-background-networking', `--user-data-dir=${home}/profile`, '--remote-debugging-pipe'],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
        env: { ...process.env, HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
      },
    );
    const chromium = new Chromium(started);
    await new Promise((resolve, reject) => started.once('spawn', resolve).once('error', reject));
    return chromium;
  }

  /** Opens a page. Fulfilled once it has been loaded. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const session = sessionId as string;
    await this.send('Page.enable', {}, session);
    const loaded = new Promise<void>((resolve) => this.#loading.set(session, resolve));
    const { errorText } = await this.send('Page.navigate', { url }, session);
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
    await loaded;
    return new Page(this, session);
  }

  send(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  async close(): Promise<void> {
    this.send('Browser.close', {}).catch(() => {});
    await this.#ended;
  }

  #take({ id, method, sessionId = '', result, error }: Answer): void {
    if (method === 'Page.loadEventFired') this.#loading.get(sessionId)?.();
    if (id === undefined) return;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result ?? {});
    else waiting?.reject(new Error(error.message));
  }
}

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

/** A page that Chromium shows. */
export class Page {
  readonly #chromium: Chromium;
  readonly #session: string;

  constructor(chromium: Chromium, session: string) {
    this.#chromium = chromium;
    this.#session = session;
  }

  /** The value of an expression in the page, awaited there. It must be what JSON can hold. */
  async evaluate(expression: string): Promise<unknown> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const answer = await this.#chromium.send('Runtime.evaluate', params, this.#session);
    const { result, exceptionDetails } = answer as unknown as Evaluated;
    if (exceptionDetails === undefined) return result.value;
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  }

  /** The first value of an expression that is not falsy. It is evaluated again whenever the page changes. Fails after 30 s, with what the page shows. */
  waitFor(expression: string): Promise<unknown> {
    return this.evaluate(`new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(${JSON.stringify(expression)} + ' is not so. ' + document.body.innerText)), 30_000);
      const look = () => {
        try {
          const value = ${expression};
          if (value) { observer.disconnect(); resolve(value); }
        } catch (error) { observer.disconnect(); reject(error); }
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
      document.addEventListener('readystatechange', look);
      look();
    })`);
  }
}
