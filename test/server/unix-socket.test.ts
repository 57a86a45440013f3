import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { serve } from '../../lib/server/index.ts';
import { openTemporary, rejection, temporaryFolder } from '../support/fixture.ts';

/* What is at the path of a Unix socket when a server begins there. */

const env = openTemporary();

test('the socket of a server that was killed is replaced', async () => {
  const path = join(temporaryFolder(), 'socket');
  const killed = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  expect(() => execFileSync(process.execPath, ['-e', killed, path], { stdio: 'ignore' })).toThrow();
  expect(existsSync(path)).toBe(true);
  const server = await serve(env, { listen: `unix:${path}` });
  const store = await connect(`unix:${path}`);
  await store.close();
  await server.close();
  expect(existsSync(path)).toBe(false);
});

test('that of a server which answers stays, and it goes on', async () => {
  const path = join(temporaryFolder(), 'socket');
  const server = await serve(env, { listen: `unix:${path}` });
  const error = await rejection(serve(env, { listen: `unix:${path}` }));
  expect([error.code, error.message]).toEqual(['EADDRINUSE', `another server listens at ${path}`]);
  const store = await connect(`unix:${path}`);
  await store.close();
  await server.close();
});

test('a file, or a folder, is nothing that a server may delete', async () => {
  const folder = temporaryFolder();
  const [file, within] = [join(folder, 'file'), join(folder, 'folder')];
  writeFileSync(file, 'of somebody');
  mkdirSync(within);
  for (const path of [file, within, join(env.path, 'data.mdb')]) {
    const error = await rejection(serve(env, { listen: `unix:${path}` }));
    expect([error.code, error.message]).toEqual(['EADDRINUSE', expect.stringContaining('no socket')]);
    expect(existsSync(path)).toBe(true);
  }
  expect(readFileSync(file, 'utf8')).toBe('of somebody');
});
