export { LeaseholdError } from '../base/errors.ts';
export type { WireLimits } from '../wire/protocol.ts';
export type { Grant, Token } from './rights/rights.ts';
export { type ServeOptions, serve } from './serve.ts';
export type { ServerCounters } from './served-store.ts';
export type { Server } from './server.ts';
