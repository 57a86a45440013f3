import { describe, expect, test } from 'vitest';
import { json, uint32 } from '../../lib/index.ts';
import { openAt } from '../support/fixture.ts';
import { leasehold, linesOf } from './command.ts';
import { makeDatabase } from './world.ts';

const db = makeDatabase();

describe('a program piped into repl', () => {
  test('runs in order, and prints what its expressions give', async () => {
    const program = `
      const first = await new Promise((resolve) => setTimeout(resolve, 50, 'first'))
      first; // not 'second'
      if (first === 'second') console.log('no')
      else console.log('yes')
      for (let i = 0; i < 2; i++) {
        console.log(i)
      }
      words
        .get('yak');
      (await Promise.all([1, 2].map(async (n) => n + cities.count())))
      undefined
      setTimeout(() => console.log('later', cities.count()), 20)[Symbol.toPrimitive] === undefined
    `;
    expect(await linesOf(['repl', db], program)).toEqual([
      "'first'",
      'yes',
      '0',
      '1',
      '{ horns: 2 }',
      '[ 5, 6 ]',
      'false',
      'later 4',
    ]);
  });

  test.each([
    ['throws', `console.log('before')\nnull.field\nconsole.log('after')`, 1, 'before\n', "of null (reading 'field')"],
    ['rejects', `await Promise.reject(new Error('no'))`, 1, '', 'Error: no'],
    ['throws later', `setTimeout(() => { throw new Error('late') }, 1)\n;0`, 1, undefined, 'Error: late'],
    ['is not finished', `console.log(1)\ncities.count(\n`, 1, '', 'the program cannot be run'],
    ['exits', `process.exit(7)`, 7, '', ''],
    ['sets an exit code', `process.exitCode = 5; null`, 5, '5\nnull\n', ''],
  ])('that %s ends with its status', async (_, program, status, stdout, stderr) => {
    const ran = await leasehold(['repl', db], program);
    expect(ran.status).toBe(status);
    if (stdout !== undefined) expect(ran.stdout).toBe(stdout);
    expect(ran.stderr).toContain(stderr);
  });

  test('has the library, and no collection in the place of a global', async () => {
    const env = openAt(makeDatabase());
    for (const name of ['Object', 'json', 'class']) env.collection(name, { key: uint32, value: json }).put(1, name);
    env.close();
    const program = `
      [typeof struct, typeof importRecords, leasehold.open === open, leasehold.json.name]
      Object.keys(collections).includes('Object')
      json.get(1)
      collections.class.get(1)
    `;
    expect(await linesOf(['repl', env.path], program)).toEqual([
      "[ 'function', 'function', true, 'json' ]",
      'true',
      "'json'",
      "'class'",
    ]);
  });
});
