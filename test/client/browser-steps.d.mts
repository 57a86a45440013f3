/** What leasehold/client exports. */
type Client = Record<string, unknown>;

export function randomCollections(client: Client): Record<string, unknown>;
export function putRandom(client: Client, address: string, prefix: string, seed: number, count: number): Promise<void>;
export function readRandom(client: Client, address: string, prefix: string): Promise<Record<string, unknown[]>>;
export function steps(client: Client, address: string, prefix: string): Promise<Record<string, unknown>>;
export function watchUntilLast(client: Client, address: string, name: string): Promise<unknown>;
export function refused(client: Client, address: string): Promise<Record<string, string>>;
