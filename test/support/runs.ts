import { isLong } from './long.ts';

/** How often a random test tries: `few` times in `npm test`, `many` times in its long form; FUZZ_RUNS in the environment tells another number. */
export function runs(few: number, many: number): number {
  return Number(process.env['FUZZ_RUNS'] ?? (isLong ? many : few));
}
