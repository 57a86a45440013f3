import type { LeaseholdError } from '../base/errors.ts';
import { Connection } from '../wire/connection.ts';
import type { Transport } from '../wire/transport.ts';

/** Tells a client why it is refused before it has said anything, and closes. What it sends meanwhile is not looked at. */
export function refuse(transport: Transport, error: LeaseholdError): void {
  const connection = new Connection(transport, { drained: () => {}, closed: () => {} });
  connection.start({ memory: () => new Uint8Array(0), filled: () => {}, push: () => {} });
  connection.fail(error);
}
