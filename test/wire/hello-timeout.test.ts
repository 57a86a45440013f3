import { expect, test, vi } from 'vitest';
import { bytes, type LeaseholdError, utf8 } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { FIN, Kind } from '../../lib/wire/protocol.ts';
import { openTemporary, until } from '../support/fixture.ts';
import { frame, opening, RawClient } from './raw-client.ts';

vi.mock('../../lib/wire/protocol.ts', async (original) => ({ ...(await original<object>()), HELLO_TIMEOUT: 60 }));

test('a client that does not say HELLO in time is told so and closed, one that has said it may be silent', async () => {
  const env = openTemporary();
  env.collection('items', { key: utf8, value: bytes, versions: true });
  const errors: Error[] = [];
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0', onError: (error) => void errors.push(error) });
  const greeted = await RawClient.greeted(server);
  const silent = await RawClient.connect(server);
  const slow = await RawClient.connect(server);
  slow.send(opening.subarray(0, 20));
  expect([await silent.closed, await slow.closed]).toEqual(['ERR_PROTOCOL', 'ERR_PROTOCOL']);
  await until(() => errors.length === 2, 'the server tells of both');
  for (const error of errors) expect((error as LeaseholdError).message).toContain('no HELLO has come within 60 ms');
  greeted.send(frame(Kind.PING, FIN, 0, 0));
  await greeted.next(Kind.PONG);
  expect(server.counters()).toMatchObject({ open: 1, refused: 2 });
  greeted.socket.destroy();
  await server.close();
});
