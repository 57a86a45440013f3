import { afterAll } from 'vitest';
import { cleanUp } from './left-behind.ts';

// Vitest evaluates this module for each test file. A module that tests import is evaluated once for all files that share a process, and its
// `afterAll` would be that of the first file alone.
afterAll(cleanUp);
