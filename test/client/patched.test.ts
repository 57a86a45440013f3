import { expect, test } from 'vitest';
import { builtLibrary, runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { EVERYDAY } from './patched-program.ts';
import { SPY, SPY_ARGUMENTS } from './spy.ts';

test('built-ins whose methods a program has replaced are not given what is behind a server and its clients', () => {
  const { told, stderr, status } = runChild(
    `${SPY}
    const patch = patchAll;
    const load = (name) => import(library + '/dist/' + name + '/index.js');
    ${EVERYDAY}
    tellFound();`,
    { path: temporaryFolder(), cache: temporaryFolder(), ...SPY_ARGUMENTS([]) },
    { library: builtLibrary('files') },
  );
  expect({ told, stderr, status }).toEqual({ told: [[]], stderr: '', status: 0 });
});
