import { expect, test } from 'vitest';
import { ClientSession } from '../../lib/client/remote/client-session.ts';
import type { Operation } from '../../lib/client/remote/operation.ts';
import type { LeaseholdError } from '../../lib/index.ts';
import { Connection } from '../../lib/wire/connection.ts';
import { FIN, Kind } from '../../lib/wire/protocol.ts';
import { MemoryTransport } from './memory-transport.ts';

const frame = (connection: Connection): void => {
  connection.out.begin(Kind.PING, FIN, 1, 0);
  connection.out.u32(7);
  connection.out.end();
};

test('of a connection whose last frame was cut by an overflow of the stack, nothing more is sent, and it ends', async () => {
  const transport = new MemoryTransport();
  const end = new Promise<LeaseholdError>((resolve) => {
    const connection = new Connection(transport, { drained: () => {}, closed: resolve });
    connection.start({ memory: () => new Uint8Array(1), filled: () => {}, push: () => {} });
    frame(connection);
    connection.flush();
    connection.out.begin(Kind.GET, FIN, 2, 1);
    // Here the stack overflows. Others do not know of it.
    frame(connection);
    connection.schedule();
  });
  expect((await end).code).toBe('ERR_DISCONNECTED');
  expect(transport.frames.map(({ id }) => id)).toEqual([1]);
});

test('an operation whose request was cut fails, the others are asked again', async () => {
  const transport = new MemoryTransport();
  const end = new Promise<Operation[]>((resolve) => {
    const session = new ClientSession(transport, {
      welcome: () => {},
      change: () => {},
      closed: (_error, unanswered) => {
        const operations: Operation[] = [];
        unanswered.forEach((_, operation) => {
          operations.push(operation);
        });
        resolve(operations);
      },
    });
    session.hello({}).catch(() => {});
    const failures: unknown[] = [];
    const cut: Operation = {
      send: ({ out }, id) => {
        out.begin(Kind.GET, FIN, id, 1);
        throw new RangeError('Maximum call stack size exceeded');
      },
      frame: () => true,
      fail: (error) => failures.push(error),
    };
    session.ask(cut);
    expect(failures).toHaveLength(1);
    session.ask(whole);
  });
  expect(await end).toEqual([whole]);
  expect(transport.frames.map(({ kind }) => kind)).toEqual([Kind.HELLO]);
});

const whole: Operation = {
  send: ({ out }, id) => {
    out.begin(Kind.GET, FIN, id, 1);
    out.end();
  },
  frame: () => true,
  fail: () => {},
};
