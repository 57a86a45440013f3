import { engineSuite } from '../versions/engine/suite.ts';
import { remoteStore } from './remote.ts';

engineSuite('a server at a Unix socket', () => remoteStore('unix'));
engineSuite('a server at a TCP port', () => remoteStore('tcp'));
engineSuite('a server with WebSockets', () => remoteStore('ws'));
