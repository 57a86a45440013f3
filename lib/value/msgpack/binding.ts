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

  reading(sideData: string | undefined): ReadingCoder {
    if (this.#reading === undefined || !this.#reading.follow(sideData)) this.#reading = new ReadingCoder(sideData);
    return this.#reading;
  }

  writing(sideData: SideData): WritingCoder {
    if (this.#writing === undefined || !this.#writing.follow(sideData)) this.#writing = new WritingCoder(sideData);
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
  #sideData: SideData;
  #text: string | undefined;
  readonly #decoder: StructureDecoder;
  readonly #encoder: StructureEncoder;

  constructor(sideData: SideData) {
    this.#sideData = sideData;
    this.#text = sideData.load();
    const structures = structuresFromText(this.#text);
    this.#decoder = new StructureDecoder(structures);
    this.#encoder = new StructureEncoder(structures, true);
  }

  /** Whether it can be used in that transaction too. Not if that sees fewer structures than the coder knows, after a rollback. */
  follow(sideData: SideData): boolean {
    const text = sideData.load();
    if (text !== this.#text) {
      const structures = structuresFromText(text);
      if (structures.length < this.#decoder.known || !this.#decoder.follow(structures)) return false;
      this.#encoder.use(structures);
      this.#text = text;
    }
    this.#sideData = sideData;
    return true;
  }

  readonly view = (lease: Lease, at: number): unknown => {
    try {
      return view(this.#decoder, lease, at);
    } catch (error) {
      // Another handle may have added it inside this very transaction.
      const isUnknown = error instanceof LeaseholdError && error.cause instanceof UnknownStructure;
      if (!isUnknown || !this.follow(this.#sideData)) throw error;
      return view(this.#decoder, lease, at);
    }
  };

  write(value: unknown, writer: Writer): Foreign | undefined {
    return writeArray(writer, this.#encoder.busy ? encodeAlone(value) : this.#encode(value));
  }

  /** User code that runs while a value is encoded may write to the collection, through another handle or a child transaction. */
  #encode(value: unknown): Uint8Array {
    const sideData = this.#sideData;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const text = this.#text;
      const encoded = this.#encoder.encode(value);
      if (text === this.#text) {
        const { added } = this.#encoder;
        if (added === undefined) return encoded;
        if (sideData.load() === text) {
          this.#save(sideData, added);
          return encoded;
        }
      }
      if (!this.follow(sideData)) break;
    }
    return encodeAlone(value);
  }

  #save(sideData: SideData, structures: readonly Structure[]): void {
    const text = structuresToText(structures);
    try {
      sideData.save(text);
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
