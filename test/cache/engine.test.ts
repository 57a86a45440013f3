import { engineSuite } from '../versions/engine/suite.ts';
import { cachedStore } from './cached.ts';

engineSuite('a server, with a cache of its own for each client', () => cachedStore('each'));
engineSuite('a server, with one cache for all clients', () => cachedStore('one'));
