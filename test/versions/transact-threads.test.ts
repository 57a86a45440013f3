import { expect, test } from 'vitest';
import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { workerProgram } from '../workers/program.ts';

test('threads that move amounts between accounts never see another sum, and lose none', () => {
  const told = askChild(
    workerProgram({
      shared: `
      const ACCOUNTS = 6;
      const openAccounts = () => {
        const env = open(args.path, { durability: 'nosync' });
        return { env, accounts: env.collection('accounts', { key: uint32, value: json, versions: true }) };
      };
      const move = ({ env, accounts }, random) => env.transact(async () => {
        const all = random(4) === 0 ? accounts.range({ reverse: random(2) === 0 }).toArray() : undefined;
        const sum = all?.reduce((total, { value }) => total + value, 0);
        if (sum !== undefined && sum !== ACCOUNTS * 100) throw new Error('a sum of ' + sum);
        const from = random(ACCOUNTS);
        const to = random(ACCOUNTS);
        const amount = random(50);
        const left = accounts.get(from) - amount;
        if (random(3) === 0) await turn();
        if (left < 0 || from === to) return;
        accounts.put(from, left);
        accounts.put(to, accounts.get(to) + amount);
        accounts.put(ACCOUNTS + from, 0);
        accounts.del(ACCOUNTS + from);
      }, { retries: 1000 });
      const moveMany = async (opened, seed) => {
        const random = randomOf(seed);
        for (let n = 0; n < 40; n++) await Promise.all(Array.from({ length: 3 }, () => move(opened, random)));
      };`,
      main: `
      const opened = openAccounts();
      for (let key = 0; key < ACCOUNTS; key++) opened.accounts.put(key, 100);
      const workers = [start(1), start(2)];
      await Promise.all([moveMany(opened, 3), ...workers.map(exitOf)]);
      const values = opened.accounts.range().values().toArray();
      tell([values.length, values.reduce((total, value) => total + value, 0), values.some((value) => value !== 100)]);`,
      worker: `
      const opened = openAccounts();
      await moveMany(opened, workerData);
      opened.env.close();`,
    }),
    { path: temporaryFolder() },
  );
  expect(told).toEqual([6, 600, true]);
});

test('a thread that ends in the middle of a transaction writes nothing of it, and harms nobody', () => {
  const told = askChild(
    workerProgram({
      shared: `const openItems = () => {
        const env = open(args.path, { durability: 'nosync' });
        return { env, items: env.collection('items', { key: uint32, value: json, versions: true }) };
      };`,
      main: `
      const { env, items } = openItems();
      const worker = start(0);
      await once(worker, 'message');
      await worker.terminate();
      await env.transact(() => items.put(2, 2));
      tell(items.range().keys().toArray());`,
      worker: `
      const { env, items } = openItems();
      env.transact(async () => {
        items.put(1, 1);
        items.range().toArray();
        say('ready');
        await new Promise((resolve) => setTimeout(resolve, 1e6));
      });`,
    }),
    { path: temporaryFolder() },
  );
  expect(told).toEqual([2]);
});
