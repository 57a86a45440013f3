import { LeaseholdError } from '../../base/errors.ts';
import { freezeClass } from '../../base/primordials.ts';
import type { Foreign, Writer } from '../../base/writer.ts';
import type { Lease } from '../../lease/lease.ts';
import { writeArray } from '../bytes.ts';
import type { ValueCoder } from '../coder.ts';
import type { SideData, ValueBinding } from '../value-binding.ts';
import { encodeAlone, view } from './coding.ts';
import { StructureEncoder } from './structure-encoder.ts';
import {
  type Structure,
  StructureDecoder,
  structuresFromText,
  structuresToText,
  UnknownStructure,
} from './structures.ts';

/** How often encoding a value is tried again, if the structures of its collection change meanwhile. */
const ATTEMPTS = 3;

/**
 * The structures of one collection. Transactions can see different structures: an earlier snapshot sees fewer, and after the
 * collection was dropped and made again there are others. Structures that a write transaction adds may be rolled back. So each transaction gets a
 * coder for the structures that it sees. It is the same coder as long as these do not contradict what the coder knows. A value that outlives its
 * transaction is decoded by the coder with which it was read.
 */
export class MsgpackBinding implements ValueBinding<unknown, unknown> {
  #reading: ReadingCoder | undefined;
  #writing: WritingCoder | undefined;

  reading(kept: string | undefined): ReadingCoder {
    if (this.#reading === undefined || !this.#reading.follow(kept)) this.#reading = new ReadingCoder(kept);
    return this.#reading;
  }

  writing(kept: SideData): WritingCoder {
    if (this.#writing === undefined || !this.#writing.follow(kept)) this.#writing = new WritingCoder(kept);
    return this.#writing;
  }
}

/** Reads with the structures that are committed, and writes values that need no others. */
class ReadingCoder implements ValueCoder<unknown, unknown> {
  #text: string | undefined;
  #structures: readonly Structure[];
  #decoder: StructureDecoder | undefined;
  #encoder: StructureEncoder | undefined;

  constructor(text: string | undefined) {
    this.#text = text;
    this.#structures = structuresFromText(text);
  }

  /** Whether it can be used in a transaction that sees the structures `text`. */
  follow(text: string | undefined): boolean {
    if (text === this.#text) return true;
    const structures = structuresFromText(text);
    this.#decoder ??= new StructureDecoder(this.#structures);
    if (!this.#decoder.follow(structures)) return false;
    this.#text = text;
    this.#structures = structures;
    this.#encoder?.use(structures);
    return true;
  }

  /** A field with a function of this coder alone, since leases hold it. */
  readonly view = (lease: Lease, at: number): unknown => {
    this.#decoder ??= new StructureDecoder(this.#structures);
    return view(this.#decoder, lease, at);
  };

  write(value: unknown, writer: Writer): Foreign | undefined {
    this.#encoder ??= new StructureEncoder(this.#structures, false);
    return writeArray(writer, this.#encoder.busy ? encodeAlone(value) : this.#encoder.encode(value));
  }
}

/** Reads and writes in a write transaction, and saves the structures that it adds before a record needs them. */
class WritingCoder implements ValueCoder<unknown, unknown> {
  #kept: SideData;
  #text: string | undefined;
  readonly #decoder: StructureDecoder;
  readonly #encoder: StructureEncoder;

  constructor(kept: SideData) {
    this.#kept = kept;
    this.#text = kept.load();
    const structures = structuresFromText(this.#text);
    this.#decoder = new StructureDecoder(structures);
    this.#encoder = new StructureEncoder(structures, true);
  }

  /** Whether it can be used in that transaction too. Not if that sees fewer structures than the coder knows, after a rollback. */
  follow(kept: SideData): boolean {
    const text = kept.load();
    if (text !== this.#text) {
      const structures = structuresFromText(text);
      if (structures.length < this.#decoder.known || !this.#decoder.follow(structures)) return false;
      this.#encoder.use(structures);
      this.#text = text;
    }
    this.#kept = kept;
    return true;
  }

  readonly view = (lease: Lease, at: number): unknown => {
    try {
      return view(this.#decoder, lease, at);
    } catch (error) {
      // Another handle may have added it inside this very transaction.
      const isUnknown = error instanceof LeaseholdError && error.cause instanceof UnknownStructure;
      if (!isUnknown || !this.follow(this.#kept)) throw error;
      return view(this.#decoder, lease, at);
    }
  };

  write(value: unknown, writer: Writer): Foreign | undefined {
    return writeArray(writer, this.#encoder.busy ? encodeAlone(value) : this.#encode(value));
  }

  /** User code that runs while a value is encoded may write to the collection, through another handle or a child transaction. */
  #encode(value: unknown): Uint8Array {
    const kept = this.#kept;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const text = this.#text;
      const encoded = this.#encoder.encode(value);
      if (text === this.#text) {
        const { added } = this.#encoder;
        if (added === undefined) return encoded;
        if (kept.load() === text) {
          this.#save(kept, added);
          return encoded;
        }
      }
      if (!this.follow(kept)) break;
    }
    return encodeAlone(value);
  }

  #save(kept: SideData, structures: readonly Structure[]): void {
    const text = structuresToText(structures);
    try {
      kept.save(text);
    } catch (error) {
      this.#encoder.forget();
      throw error;
    }
    this.#decoder.follow(structures);
    this.#encoder.use(structures);
    this.#text = text;
  }
}

// What they hand out is handed leases.
freezeClass(MsgpackBinding);
freezeClass(ReadingCoder);
freezeClass(WritingCoder);
