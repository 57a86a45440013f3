import { expect, test } from 'vitest';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

test("a 'newListener' that throws leaves no write transaction open", () => {
  const path = temporaryFolder();
  // If the write lock is not released, the second program waits for ever.
  const { told } = runChild(
    `
    import { spawnSync } from 'node:child_process';
    const env = open(args, { durability: 'nosync' });
    const items = env.main;
    const text = (bytes) => bytes?.toBuffer().toString() ?? 'nothing';
    const [a, b, c] = ['a', 'b', 'c'].map((letter) => Buffer.from(letter));
    const refuse = (name) => { if (name === 'exit') throw new Error('no more listeners'); };
    process.on('newListener', refuse);
    const messages = [];
    for (const write of [() => env.write(() => items.put(a, b)), () => items.put(a, b)]) {
      try { write(); } catch (error) { messages.push(error.message); }
    }
    const other = () => {
      const source = 'const { open } = await import(process.argv[1] + "/dist/index.js");' +
        'const { main } = open(process.argv[2]); main.put(Buffer.from("from"), Buffer.from("another process"));' +
        'console.log(main.get(Buffer.from("a"))?.toBuffer().toString() ?? "nothing");';
      const { stdout, error } = spawnSync(process.execPath, ['--input-type=module', '-e', source, library, args], { timeout: 20_000, encoding: 'utf8' });
      return error?.code ?? stdout.trim();
    };
    const first = other();
    process.off('newListener', refuse);
    env.write(() => items.put(a, c));
    tell({ messages, others: [first, other()], own: text(items.get(Buffer.from('from'))) });
    process.exit(0);
    `,
    path,
  );
  expect(told).toEqual([
    { messages: ['no more listeners', 'no more listeners'], others: ['nothing', 'c'], own: 'another process' },
  ]);
});
