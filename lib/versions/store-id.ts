import { answered, native } from '../native/native.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { readNewest } from '../transaction/read-newest.ts';

/** See `Environment.storeId`. */
export function storeId(environment: EnvironmentState): string | undefined {
  return readNewest(environment, (transaction) => answered(native.storeId(transaction.handle)) ?? undefined);
}
