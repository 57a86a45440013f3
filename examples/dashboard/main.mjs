// A dashboard: a server with the cities of the world, one process that writes, three that read through one cache, and a page that shows it live.
//
//   node examples/dashboard/main.mjs [--port 8080] [--cities 20000] [--pause 200]
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { json, open, struct, t, tuple, utf8 } from 'leasehold';
import { serve } from 'leasehold/server';
import { cityRecords, countryRecords } from '../cities/source.mjs';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' }, // of the page; 0: one that is free
    cities: { type: 'string', default: '135233' }, // so many of the largest
    pause: { type: 'string', default: '200' }, // ms that the writer waits after each transaction
  },
});

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'leasehold-dashboard-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** What ends the parts of the dashboard, the last one first. */
const ends = [];
let isStopping = false;
async function stop(code) {
  if (isStopping) return;
  isStopping = true;
  for (const end of ends.reverse()) await end();
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(0));

const env = open(join(folder, 'data'), { durability: 'nosync' });
ends.push(() => env.close());

// The database remembers the codecs: the other processes and the page ask for them. A server serves what has versions.
const City = struct({ name: t.utf8, population: t.u32 });
const cities = env.collection('cities', { key: tuple, value: City, versions: true });
const countries = env.collection('countries', { key: utf8, value: json, versions: true });
env.collection('clients', { key: utf8, value: json, versions: true });
env.write(() => {
  const counts = {};
  const largest = [...cityRecords].sort((a, b) => b.population - a.population).slice(0, Number(options.cities));
  for (const { country, name, id, population } of largest) {
    cities.put([country, name, id], { name, population });
    counts[country] = (counts[country] ?? 0) + 1;
  }
  for (const { code, name } of countryRecords) {
    if (counts[code] > 1) countries.put(code, { name, cities: counts[code] });
  }
});

// The page, its program, and the client for browsers as it is in the package.
const files = {
  '/': ['text/html', readFileSync(path('page.html'))],
  '/page.mjs': ['text/javascript', readFileSync(path('page.mjs'))],
  '/leasehold/client.js': ['text/javascript', readFileSync(path('../../dist/browser/client.js'))],
};
const pages = createServer(({ url }, response) => {
  const [type, body] = files[url] ?? [];
  if (body === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
});
pages.listen(Number(options.port), '127.0.0.1');
await once(pages, 'listening');
ends.push(() => pages.close());
const page = `http://127.0.0.1:${pages.address().port}`;

// Everybody who opens the page can read its token, so that may only read.
const tokens = { page: randomBytes(16).toString('hex'), process: randomBytes(16).toString('hex') };
const server = await serve(env, {
  listen: [`unix:${join(folder, 'socket')}`, 'ws://127.0.0.1:0'],
  origins: [page],
  tokens: [
    { token: tokens.page, name: 'page', grants: [{ collection: '*', read: true }] },
    { token: tokens.process, name: 'process', grants: [{ collection: '*', write: true }] },
  ],
});
ends.push(() => server.close());
const [socket, webSocket] = server.addresses;
files['/store.json'] = ['application/json', JSON.stringify({ address: webSocket, token: tokens.page })];

// A child ends when it is no longer connected, however this process has ended. Ctrl-C does not go to it: it is in a group of its own.
function start(program, ...args) {
  const child = fork(path(program), [socket, tokens.process, ...args], { stdio: 'inherit', detached: true });
  const exited = once(child, 'exit').then(() => stop(1));
  ends.push(() => {
    if (child.connected) child.disconnect();
    return exited;
  });
}
const cache = join(folder, 'cache');
start('writer.mjs', options.pause);
for (const name of ['Ann', 'Ben', 'Cleo']) start('reader.mjs', name, cache);
console.log(`${page}/ shows the dashboard. Ctrl-C ends it.`);
