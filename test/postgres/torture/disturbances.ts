import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresServer } from '../../support/postgres.ts';
import { History } from './judge.ts';
import type { Disturbance, Torture } from './run.ts';

/** What can happen to a server, to its clients and to the file of their cache, with nothing lost. */

/** Sessions of the processes under test. */
const OURS_IN = `pg_stat_activity where application_name = 'leasehold'`;
const OURS = `from ${OURS_IN}`;

/** The processes of a server that a view of its own lists. */
export function pidsIn(server: PostgresServer, view: string): number[] {
  return server.sql(`select pid from ${view}`).split('\n').filter(Boolean).map(Number);
}

export const terminated: Disturbance = {
  name: 'connections are terminated',
  run: async ({ server, random }) => {
    for (let i = 0; i < 4; i++) {
      server.sql(`select pg_terminate_backend(pid) ${OURS} and random() < 0.4`);
      await sleep(random.below(200));
    }
  },
};

export const cancelled: Disturbance = {
  name: 'statements are cancelled',
  run: async ({ server, random }) => {
    for (let i = 0; i < 8; i++) {
      server.sql(`select pg_cancel_backend(pid) ${OURS} and random() < 0.5`);
      await sleep(random.below(60));
    }
  },
};

export const locked: Disturbance = {
  name: 'commits wait until statements time out',
  run: async ({ server, random }) => {
    await server.hold(`begin; select from leasehold.head for update; select pg_sleep(${0.6 + random.next() / 2})`);
  },
};

export const frozen: Disturbance = {
  name: 'processes of the server stand still',
  run: async ({ server, random }) => {
    const pids = pidsIn(server, `${OURS_IN} and random() < 0.3`);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await sleep(200 + random.below(800));
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  },
};

/** 'kill': its first process is killed, as the system does when memory runs out. */
export function stopped(mode: 'fast' | 'immediate' | 'kill'): Disturbance {
  return {
    name: `the server stops (${mode}) and starts again`,
    run: async ({ server, random }) => {
      await server.stop(mode);
      await sleep(random.below(300));
      await server.start();
    },
  };
}

export const taken: Disturbance = {
  name: 'all connections are taken',
  run: async ({ server, random }) => {
    const others: pg.Client[] = [];
    try {
      for (let isTaken = false; !isTaken; ) {
        const other = new pg.Client({ connectionString: server.address() });
        other.on('error', () => {});
        await other.connect().then(
          () => void others.push(other),
          () => {
            isTaken = true;
          },
        );
      }
      // Those of the processes end, and others take their places.
      await others[0]?.query(`select pg_terminate_backend(pid) ${OURS}`);
      for (let i = 0; i < 30; i++) {
        const other = new pg.Client({ connectionString: server.address() });
        other.on('error', () => {});
        await other.connect().then(
          () => void others.push(other),
          () => {},
        );
      }
      await sleep(300 + random.below(500));
    } finally {
      for (const other of others) await other.end().catch(() => {});
    }
  },
};

export const killed: Disturbance = { name: 'a client is killed', run: (torture) => torture.replaceProcess() };

export const cacheDeleted: Disturbance = {
  name: 'the file of the cache is deleted',
  run: async (torture) => {
    rmSync(torture.cache.replace(/^checkpoints:/, ''), { recursive: true, force: true });
    // One that finds it gone, beside those that had it open and go on without it; then others in their place.
    await torture.replaceProcess();
    await torture.progress();
    await torture.replaceOthers();
  },
};

/** Reads what a server had whose place another one has taken. */
export async function readGivenUp(torture: Torture, given: PostgresServer): Promise<void> {
  await given.start();
  torture.givenUp.push(new History(given));
  await given.stop('immediate');
}

/** An older copy takes the place of the store: commits are lost that were acknowledged. */
export const restored: Disturbance = {
  name: 'an older copy is restored',
  run: async (torture) => {
    const { server } = torture;
    const copy = server.copy();
    await torture.commit();
    await torture.losing(async () => {
      await server.stop('immediate');
      const given = server.moveAway();
      server.restore(copy);
      await readGivenUp(torture, given);
      await server.start();
    });
    rmSync(copy, { recursive: true });
  },
};
