import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/fixture.ts';
import { environments } from '../../support/left-behind.ts';
import { isLong } from '../../support/long.ts';
import { hasPostgres, PostgresServer } from '../../support/postgres.ts';
import { SEED } from '../../versions/random.ts';
import { cacheDeleted, cancelled, frozen, killed, locked, stopped, taken, terminated } from './disturbances.ts';
import { type Disturbance, Torture } from './run.ts';

const SETTINGS = ['wal_level=replica', 'max_wal_senders=4', 'max_connections=30', 'superuser_reserved_connections=3'];

/** A file system that is soon full; undefined where none can be mounted, as without rights. */
function smallDisk(): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return folder;
}

/** Fills it for a moment. The server may end meanwhile, if it finds no place for its log. */
function diskFull(disk: string): Disturbance {
  const ballast = join(disk, 'ballast');
  return {
    name: 'the disk is full',
    run: async ({ server, random }) => {
      for (let i = 0; i < 3; i++) {
        const file = openSync(ballast, 'a');
        try {
          for (const block = Buffer.alloc(4096); ; ) writeSync(file, block);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('ENOSPC');
        } finally {
          closeSync(file);
        }
        await sleep(200 + random.below(400));
      }
      rmSync(ballast);
      await sleep(100);
      if (server.hasEnded) await server.start();
    },
  };
}

test.skipIf(!hasPostgres)(
  `a server that fails in every way loses nothing, and nothing is stale (seed ${SEED})`,
  {
    timeout: 3_600_000,
  },
  async () => {
    const disk = smallDisk();
    if (disk === undefined) console.warn('no file system can be mounted here: the test goes without a full disk');
    const server = await new PostgresServer(
      [...SETTINGS, 'min_wal_size=32MB', 'max_wal_size=48MB'],
      true,
      disk,
    ).start();
    if (disk !== undefined) environments.push({ close: () => void execFileSync('umount', ['-l', disk]) });
    const torture = new Torture({ seed: SEED, server, options: { cache: join(temporaryFolder(), 'cache') } });
    await torture.begin();
    const disturbances = [
      terminated,
      stopped('kill'),
      cancelled,
      locked,
      killed,
      taken,
      ...(disk === undefined ? [] : [diskFull(disk)]),
      stopped('fast'),
      cacheDeleted,
      frozen,
      stopped('immediate'),
    ];
    await torture.disturb(disturbances, isLong ? 100_000 : 1000);
    const verdict = await torture.end();
    expect(verdict.excepted).toBe(0);
    expect(verdict.lost).toBe(0);
    expect(verdict.acknowledged).toBeGreaterThan(50);
  },
);
