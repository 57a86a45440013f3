import { createRequire } from 'node:module';
import type { Unpackr } from 'msgpackr';
import { LeaseholdError } from '../../base/errors.ts';

const { parse, stringify } = JSON;

/** The property names of an object, in their order. All records of the same shape share them. */
export type Structure = readonly string[];

/** The most structures of a collection. Other records are written with their property names. More would need numbers of two bytes. */
export const MOST_STRUCTURES = 32;
/** The most structures that a value may define itself. */
export const MOST_OWN_STRUCTURES = 32;

let loaded: typeof import('msgpackr') | undefined;

/** Loaded with the first value that needs it. */
export function msgpackr(): typeof import('msgpackr') {
  loaded ??= createRequire(import.meta.url)('msgpackr') as typeof import('msgpackr');
  return loaded;
}

/** The structures as the database stores them: JSON. */
export function structuresToText(structures: readonly Structure[]): string {
  return stringify(structures);
}

/** Throws `ERR_CODEC`. */
export function structuresFromText(text: string | undefined): readonly Structure[] {
  if (text === undefined) return [];
  let structures: unknown;
  try {
    structures = parse(text);
  } catch {}
  if (Array.isArray(structures) && structures.length <= MOST_STRUCTURES && structures.every(isStructure)) {
    return structures;
  }
  throw new LeaseholdError(
    'ERR_CODEC',
    'the names of properties that the database keeps for msgpack values cannot be read: they are damaged, or of a newer version',
  );
}

function isStructure(value: unknown): value is Structure {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** A structure in msgpackr's form. `read` is the function that msgpackr makes from the names at the first use. */
type Slot = string[] & { isShared: boolean; read?: () => never };

/** Thrown when a record with an unknown structure is read. */
export class UnknownStructure extends Error {}

/** Decodes values with the structures of their collection. Structures can be added, but never change. */
export class StructureDecoder {
  #structures: readonly Structure[];
  readonly #slots: Slot[] = [];
  readonly #unpackr: Unpackr;

  constructor(structures: readonly Structure[]) {
    this.#structures = structures;
    for (let i = 0; i < MOST_STRUCTURES + MOST_OWN_STRUCTURES; i++) this.#slots[i] = slot(structures[i], i);
    this.#unpackr = new (msgpackr().Unpackr)({ structures: this.#slots });
  }

  /** How many it knows. */
  get known(): number {
    return this.#structures.length;
  }

  /** Learns `structures`. If they contradict what it knows, changes nothing and returns false. */
  follow(structures: readonly Structure[]): boolean {
    const known = this.#structures;
    const common = Math.min(known.length, structures.length);
    for (let i = 0; i < common; i++) {
      if (stringify(known[i]) !== stringify(structures[i])) return false;
    }
    if (structures.length > known.length) {
      for (let i = known.length; i < structures.length; i++) this.#slots[i] = slot(structures[i], i);
      this.#structures = structures;
    }
    return true;
  }

  /** Decodes bytes, and may keep references to them. Throws UnknownStructure, or another error if they are not a value. */
  decode(bytes: Uint8Array): unknown {
    const value: unknown = this.#unpackr.unpack(bytes);
    if (value === msgpackr().C1) throw new Error('it is the byte C1, which stands for nothing');
    return value;
  }
}

/**
 * One for each structure that there can be: msgpackr itself would take the number of one that it does not know for a
 * value. A value's own replace them while it is read.
 */
function slot(structure: Structure | undefined, index: number): Slot {
  const made = Object.assign([...(structure ?? [])], { isShared: true }) as Slot;
  if (structure === undefined) {
    made.read = () => {
      throw new UnknownStructure(`structure ${index} is not known`);
    };
  }
  return made;
}
