import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/fixture.ts';
import { isLong } from '../../support/long.ts';
import { hasPostgres, PostgresServer } from '../../support/postgres.ts';
import { type Random, SEED } from '../../versions/random.ts';
import { frozen, killed, pidsIn, readGivenUp, restored, stopped, terminated } from './disturbances.ts';
import { type Disturbance, Torture } from './run.ts';

const SETTINGS = ['wal_level=replica', 'max_wal_senders=6', 'wal_keep_size=512MB'];

/** The standby takes the place of the primary. `late`: it had been sent nothing for a while, so that commits are lost. */
function promoted(standby: PostgresServer, late: boolean): Disturbance {
  return {
    name: `the standby is promoted, ${late ? 'which is behind' : 'which has everything'}`,
    run: async (torture) => {
      const { server } = torture;
      await torture.losing(async () => {
        if (late) {
          for (const pid of pidsIn(server, 'pg_stat_replication')) process.kill(pid, 'SIGSTOP');
          await torture.progress();
          await sleep(300);
        }
        await server.stop('kill');
        standby.run('pg_ctl', ['-D', standby.data, '-w', 'promote']);
        torture.server = standby;
        await readGivenUp(torture, server.moveAway());
      });
    },
  };
}

/** Only the standby answers, for a while. */
const alone: Disturbance = {
  name: 'the primary is away, and a standby answers',
  run: async ({ server, random }) => {
    await server.stop('fast');
    await sleep(600 + random.below(600));
    await server.start();
  },
};

const SEEDS = Array.from({ length: isLong ? 12 : 1 }, (_, i) => SEED + i);

/** `then`: what commits are lost by. */
async function run(seed: number, then: (standby: PostgresServer, random: Random) => Disturbance[]): Promise<void> {
  const server = await new PostgresServer(SETTINGS).start();
  const standby = await server.standby([...SETTINGS, 'recovery_min_apply_delay=150ms']);
  const options = { cache: join(temporaryFolder(), 'cache'), replicas: [standby.address()] };
  const torture = new Torture({ seed, server, others: [standby], options });
  await torture.begin();
  const lost = then(standby, torture.random);
  await torture.disturb([frozen, alone, stopped('immediate'), ...lost, terminated, killed, stopped('kill')], 500);
  const verdict = await torture.end();
  expect(torture.givenUp.length).toBeGreaterThan(0);
  expect(verdict.lost).toBeGreaterThan(0);
  expect(verdict.acknowledged).toBeGreaterThan(30);
  await standby.stop();
  await torture.server.stop();
}

describe.skipIf(!hasPostgres)('nothing is stale, and who has seen what is lost is told', () => {
  test.for(SEEDS)(
    'a standby that lags, and is promoted; then an older copy is restored (seed %i)',
    {
      timeout: 600_000,
    },
    (seed) => run(seed, (standby, random) => [promoted(standby, random.chance(0.7)), restored]),
  );

  test.for(SEEDS)(
    'an older copy is restored, and the standby follows what was lost (seed %i)',
    {
      timeout: 600_000,
    },
    (seed) => run(seed, () => [restored, alone]),
  );
});
