import { environmentStore } from './environment.ts';
import { engineSuite } from './suite.ts';

engineSuite('an environment', () => environmentStore());
