import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { build } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import * as inNode from '../../lib/client/index.ts';
import { bytes, type Environment, msgpack, open, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { builtLibrary } from '../support/child.ts';
import { Chromium, NO_BROWSER } from '../support/chromium.ts';
import { temporaryFolder, until } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { putRandom, randomCollections, readRandom, refused, steps, watchUntilLast } from './browser-steps.mjs';

const bundle = (): string => join(builtLibrary(), 'dist/browser/client.js');
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const COUNT = isLong ? 5000 : 200;

const PROGRAMS = { putRandom, readRandom, refused, steps, watchUntilLast };
type Name = keyof typeof PROGRAMS;

/** Runs a function of browser-steps.mjs with the client for browsers. */
type Run = (name: Name, ...args: unknown[]) => Promise<unknown>;

/** What the client in Node gives, and has put: the same for all places. */
let inNodeGiven: Promise<Record<string, unknown>> | undefined;
let inNodePut: Promise<void> | undefined;

let env: Environment;
let server: Server;
let pages: HttpServer;
let address: string;
let origin: string;

beforeAll(async () => {
  const files: Record<string, [type: string, text: string]> = {
    '/': ['text/html', '<!doctype html><title>a page</title>'],
    '/client.js': ['text/javascript', readFileSync(bundle(), 'utf8')],
    '/steps.mjs': [
      'text/javascript',
      readFileSync(fileURLToPath(new URL('browser-steps.mjs', import.meta.url)), 'utf8'),
    ],
  };
  pages = createServer(({ url = '' }, response) => {
    const [type, text] = files[url] ?? ['text/plain', undefined];
    // As strict as a page can be: no code is made from text.
    const policy = "default-src 'self'; connect-src ws://127.0.0.1:*";
    const headers = { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': policy };
    response.writeHead(text === undefined ? 404 : 200, headers).end(text);
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  env = open(temporaryFolder(), { durability: 'nosync', mapSize: 2 ** 30 });
  server = await serve(env, { listen: 'ws://127.0.0.1:0', origins: [origin] });
  address = server.addresses[0] as string;
});

afterAll(async () => {
  await server?.close();
  env?.close();
  pages.closeAllConnections();
  pages.close();
});

test('the client for browsers is one file, and has nothing of Node and of the addon in it', () => {
  const code = readFileSync(bundle(), 'utf8');
  expect(
    code.match(
      /\bimport\b(?!\.meta)|\brequire\b|\bprocess\.|\bBuffer\.|\bnode:|\.node\b|\bdlopen\b|\bglobal\.|\b__dirname\b/g,
    ),
  ).toBeNull();
  const map = JSON.parse(readFileSync(`${bundle()}.map`, 'utf8')) as { sources: string[]; sourcesContent: string[] };
  const { sources, sourcesContent } = map;
  const called = sourcesContent.flatMap((text) => [...text.matchAll(/\bnative\.(\w+)\(/g)].map(([, name]) => name));
  expect([...new Set(called)].sort()).toEqual(['attach', 'canAllocate', 'useLargePages']);
  const lib = sources.map((source) => source.replace(/^.*\/lib\//, ''));
  expect(lib).toContain('client/store.ts');
  const others = [
    'base/clock.ts',
    'base/platform.ts',
    'native/native.ts',
    'client/host.ts',
    'value/msgpack/msgpack.ts',
  ];
  expect(
    lib.filter((path) => others.includes(path) || /^(?:cache\/cache|environment\/env|transaction\/open)/.test(path)),
  ).toEqual([]);
});

test('bundlers find the client for browsers by themselves', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(builtLibrary(), join(folder, 'node_modules/leasehold'));
  writeFileSync(
    join(folder, 'main.js'),
    "import { connect } from 'leasehold/client';\nglobalThis.connect = connect;\n",
  );
  const { output } = await build({
    input: join(folder, 'main.js'),
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  expect(output.map((each) => (each.type === 'chunk' ? each.imports : each.fileName))).toEqual([[]]);
  expect(output[0].code).toContain('ERR_NOT_IN_BROWSER');
});

test('what leasehold/client exports is the same in a browser', async () => {
  const client = (await import(pathToFileURL(bundle()).href)) as Record<string, unknown>;
  expect(Object.keys(client).sort()).toEqual(Object.keys(inNode).sort());
});

interface Place {
  readonly run: Run;
  close(): Promise<void>;
}

async function bundleInNode(): Promise<Place> {
  vi.stubGlobal('WebSocket', WebSocket);
  const client = (await import(pathToFileURL(bundle()).href)) as Record<string, unknown>;
  return {
    run: (name, ...args) => (PROGRAMS[name] as (...args: unknown[]) => Promise<unknown>)(client, ...args),
    close: async () => void vi.unstubAllGlobals(),
  };
}

async function pageInChromium(): Promise<Place> {
  const chromium = await Chromium.start();
  const page = await chromium.open(`${origin}/`);
  return {
    run: (name, ...args) =>
      page.evaluate(`(async () => {
        const program = await import('/steps.mjs');
        return program.${name}(await import('/client.js'), ...${JSON.stringify(args)});
      })()`),
    close: () => chromium.close(),
  };
}

/** Keys and values of a collection as they are stored. */
function stored(name: string): [string, string][] {
  const found: [string, string][] = [];
  env.read((txn) => {
    for (const { key, value } of env.collection(name).as({ key: bytes, value: bytes }).range({}, txn)) {
      found.push([key.toString('hex'), value.toString('hex')]);
    }
  });
  return found;
}

/** The first entries that differ; undefined if none do. */
function firstDifference(a: readonly unknown[], b: readonly unknown[]): unknown {
  const at = Array.from({ length: Math.max(a.length, b.length) }).findIndex((_, i) => !isDeepStrictEqual(a[i], b[i]));
  return at < 0 && a.length > 0 ? undefined : { at, a: a[at], b: b[at] };
}

describe.each([
  ['the bundle, run by Node', bundleInNode, undefined],
  ['a page in Chromium', pageInChromium, NO_BROWSER],
])('%s', (title, make, missing) => {
  let place: Place;
  beforeAll(async () => {
    if (missing === undefined) place = await make();
    else console.warn(`skipped: ${title}: ${missing}`);
  });
  afterAll(() => place?.close());

  test.skipIf(missing !== undefined)('reads, writes, watches and transacts as a program in Node does', async () => {
    const own = (await place.run('steps', address, title)) as Record<string, unknown>;
    inNodeGiven ??= steps(inNode, address, 'in Node');
    expect(own).toEqual(await inNodeGiven);
    expect(own).toMatchObject({
      range: ['DE,Berlin=3700000', 'FR,Lyon=520000', 'FR,Paris=2100000'],
      prefix: ['FR,Lyon=520000', 'FR,Paris=2100000'],
      bounds: ['FR,Paris=2100000'],
      putIf: [false, true],
      within: ['FR,Lyon=520001', 'FR,Nice=340000', 'FR,Paris=2100000'],
      view: ['DE,Berlin=3700000', 'FR,Lyon=520000', 'FR,Nice=340000', 'FR,Paris=2100000'],
      changes: ['FR,Paris', 'FR,Lyon', 'FR,Nice', 'FR,Lyon'],
      counter: 6,
      pipeline: [1, { b: null }],
      conflict: 'ERR_CONFLICT',
      large: [3_000_000, true],
      sum: 12_497_500,
      errors: [
        'ERR_NO_COLLECTION',
        'ERR_CODEC',
        'ERR_INVALID_ARG_TYPE',
        'ERR_KEY_SIZE',
        'ERR_INVALID_ARG_TYPE',
        'ERR_INVALID_ARG_VALUE',
      ],
      ended: 'ERR_ENV_CLOSED',
    });
  });

  test.skipIf(missing !== undefined)(
    `${COUNT} random keys and values of each codec have the bytes that Node's have (seed ${SEED})`,
    async () => {
      inNodePut ??= putRandom(inNode, address, 'random', SEED, COUNT);
      await inNodePut;
      await place.run('putRandom', address, title, SEED, COUNT);
      const names = Object.keys(randomCollections(inNode));
      for (const name of names) {
        expect(firstDifference(stored(`${title} ${name}`), stored(`random ${name}`)), name).toBeUndefined();
      }
      const found = (await place.run('readRandom', address, 'random ')) as Record<string, unknown[]>;
      const expected = await readRandom(inNode, address, 'random ');
      expect(Object.keys(found).sort()).toEqual(names.sort());
      for (const name of names) {
        expect(firstDifference(found[name] as unknown[], expected[name] as unknown[]), name).toBeUndefined();
      }
    },
  );

  test.skipIf(missing !== undefined)('a watch misses nothing while the server is away', async () => {
    const name = `${title} watched`;
    const told = place.run('watchUntilLast', address, name);
    await until(
      () => env.collections().includes(name) && env.collection(name).get('first' as never) !== undefined,
      'the first put',
    );
    await server.close();
    for (const key of ['meanwhile', 'last']) env.collection(name).put(key as never, 1 as never);
    server = await serve(env, { listen: address, origins: [origin] });
    expect(await told).toEqual({
      told: ['first', 'meanwhile', 'last'],
      states: ['disconnected', 'verifying', 'connected', 'closed'],
      last: 1,
    });
  });

  test.skipIf(missing !== undefined)('what a browser has not is refused by its name', async () => {
    env.collection('packed', { key: utf8, value: msgpack, versions: true });
    expect(await place.run('refused', address)).toEqual({
      msgpack:
        "ERR_CODEC: the collection 'packed' has a codec that keeps data of its own in the database, and can be opened only there: with open()",
      file: "ERR_NOT_IN_BROWSER: a browser has no folder './shop': serve it, and connect to 'ws:' or 'wss:'",
      unix: "ERR_NOT_IN_BROWSER: a browser has no socket for 'unix:./shop.sock': let the server listen at 'ws:' or 'wss:' too, and connect there",
      tcp: "ERR_NOT_IN_BROWSER: a browser has no socket for 'tcp://127.0.0.1:7070': let the server listen at 'ws:' or 'wss:' too, and connect there",
      tls: "ERR_NOT_IN_BROWSER: a browser has no socket for 'tls://127.0.0.1:7070': let the server listen at 'ws:' or 'wss:' too, and connect there",
      cache: 'ERR_NOT_IN_BROWSER: a browser has no folder for the option `cache`',
      trace: 'ERR_NOT_IN_BROWSER: a browser has no folder for the option `trace`',
      'tls option':
        'ERR_NOT_IN_BROWSER: a browser has no option `tls`: the browser itself checks certificates, and has its own',
      addons: 'ERR_NOT_IN_BROWSER: a browser has no addons that lend memory',
    });
  });
});
