import { type CachedObject, Policy } from './policy.ts';

/** No bound: what misses here is requested for the first time, or has changed. No policy has more hits. */
export class Unbounded extends Policy {
  constructor() {
    super(Number.POSITIVE_INFINITY);
  }

  protected hit(_object: CachedObject): void {}

  protected admit(key: number, size: number): void {
    this.enter({ key, size });
  }

  protected removed(_object: CachedObject): void {}
}
