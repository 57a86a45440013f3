import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeAuthority } from '../../support/certificates.ts';
import { askChild } from '../../support/child.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { hasRedis, startRedis } from './servers.ts';

/** Two clients of a server, one after the other, with a cache in Redis behind TLS. */
const PROGRAM = `
  const { createServer } = await import('node:tls');
  const { connect: connectTo } = await import('node:net');
  const { serve } = await import(library + '/dist/server.js');
  const { connect } = await import(library + '/dist/client.js');
  const front = createServer(args.certificate, (socket) => {
    const behind = connectTo(args.redis);
    for (const [a, b] of [[socket, behind], [behind, socket]]) {
      a.pipe(b);
      a.on('error', () => b.destroy());
    }
  });
  front.on('tlsClientError', () => {});
  await new Promise((resolve) => front.listen(0, '127.0.0.1', resolve));
  const env = open(args.path, { durability: 'nosync' });
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  for (let i = 0; i < 20; i++) items.put('k' + i, String(i % 10).repeat(i * 3000));
  const server = await serve(env, { listen: 'unix:' + args.path + '/socket' });
  const cache = 'rediss://' + args.host + ':' + front.address().port;
  let hits = 0;
  let failure;
  for (let round = 0; round < 100 && hits < 20 && (failure ?? 'no answer').startsWith('no answer'); round++) {
    const store = await connect(server.addresses[0], { cache });
    for (let i = 0; i < 20; i++) {
      const value = await store.collection('items').get('k' + i);
      if (value !== String(i % 10).repeat(i * 3000)) throw new Error('damaged');
    }
    hits = store.counters().hits;
    failure = store.counters().failure?.message;
    await store.close();
  }
  tell({ hits, failure });
  process.exit();
`;

const authority = makeAuthority('cache authority');
const certificate = authority.sign('cache', { hosts: ['localhost', '127.0.0.1'] });

test.skipIf(!hasRedis).each([
  ['localhost', certificate, true, undefined],
  ['127.0.0.1', certificate, true, undefined],
  ['localhost', certificate, false, /certificate/],
  ['localhost', authority.sign('other', { hosts: ['other.example'] }), true, /altnames/],
])('rediss://%s finds what others have put there, if the certificate is trusted', async (host, own, trusts, why) => {
  const redis = await startRedis();
  const ca = join(temporaryFolder(), 'ca.pem');
  writeFileSync(ca, authority.cert);
  const args = { path: temporaryFolder(), redis: redis.path, host, certificate: own };
  const env: Record<string, string> = trusts ? { NODE_EXTRA_CA_CERTS: ca } : {};
  const { hits, failure } = askChild(PROGRAM, args, { env }) as { hits: number; failure?: string };
  if (why === undefined) expect([hits, failure]).toEqual([20, undefined]);
  else expect([hits, failure]).toEqual([0, expect.stringMatching(why)]);
  await redis.kill();
});
