/** How a generated program behaves. */
export interface Workload {
  /** How unequal entities are: the exponent of Zipf's law. */
  readonly exponent: number;
  /** After about so many times as many requests as there are entities, other entities are popular. */
  readonly drift: number;
  /** The probability that a session looks at an entity that it has seen before. */
  readonly again: number;
  /** Entities that a session looks at. */
  readonly steps: number;
  /** The part of an entity's objects that are read each time. */
  readonly depth: number;
  /** The part of the requests that scans make. */
  readonly scans: number;
  /** The probability that an entity that was read is changed. */
  readonly changes: number;
}

const OBJECTS: Workload = { exponent: 0.9, drift: 40, again: 0.3, steps: 12, depth: 0.7, scans: 0, changes: 0.05 };

/** What `leasehold cache trace generate` can imitate. */
export const WORKLOADS: { readonly [name: string]: Workload } = {
  /** A web site on persistent objects: popular entities, found by an index, with the objects that they refer to. */
  objects: OBJECTS,
  /** The same, while reports read a part of the store from one end to the other. */
  scans: { ...OBJECTS, scans: 0.3 },
  /** Each user has entities of his own, looks at them again and again, and goes. */
  sessions: { ...OBJECTS, exponent: 0.4, again: 0.75, steps: 60, changes: 0.1 },
  /** The popular entities change quickly. */
  drift: { ...OBJECTS, exponent: 1, drift: 2 },
};
