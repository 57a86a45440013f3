import { environmentStore } from './environment.ts';
import { engineSuite } from './suite.ts';

engineSuite('an environment', () => environmentStore());
engineSuite('an environment whose keys are long and whose values can expire', () =>
  environmentStore({}, undefined, { expires: true, keys: 'any' }),
);
