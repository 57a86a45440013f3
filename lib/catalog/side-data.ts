import { freezeClass } from '../base/primordials.ts';
import type { Views } from '../lease/lease.ts';
import { native } from '../native/native.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import type { ValueCoder } from '../value/coder.ts';
import type { SideData, ValueBinding } from '../value/value-binding.ts';
import { loadSideData, saveSideData } from './catalog.ts';

/** How one transaction reads and writes the values of a collection. */
export interface Access {
  readonly value: ValueCoder<never, unknown>;
  readonly views: Views;
}

/** The coders for the values of a collection whose codec has side data: for each transaction, one that knows the side data it sees. */
export class SideDataCoders {
  readonly #name: string;
  readonly #views: Views;
  readonly #binding: ValueBinding<never, unknown>;
  #reading: Access | undefined;
  /** The version of the snapshot for which `#reading` was made; 0 if there was none. */
  #version = 0;
  #writing: Access | undefined;
  #transaction: OpenWrite | undefined;

  /** `views` are those of the collection, but for the values. */
  constructor(name: string, views: Views, binding: ValueBinding<never, unknown>) {
    this.#name = name;
    this.#views = views;
    this.#binding = binding;
  }

  in(transaction: OpenTransaction): Access {
    return transaction.writes ? this.#inWrite(transaction) : this.#inRead(transaction);
  }

  #inRead(transaction: OpenRead): Access {
    const version = native.transactionId(transaction.handle);
    if (this.#reading === undefined || this.#version !== version) {
      this.#reading = this.#access(this.#reading, this.#binding.reading(loadSideData(transaction, this.#name)));
      this.#version = version;
    }
    return this.#reading;
  }

  /** Made again for each transaction, since the side data that the one before saved may have been rolled back. */
  #inWrite(transaction: OpenWrite): Access {
    if (this.#writing === undefined || this.#transaction !== transaction) {
      this.#writing = this.#access(
        this.#writing,
        this.#binding.writing(new SideDataInTransaction(transaction, this.#name)),
      );
      this.#transaction = transaction;
    }
    return this.#writing;
  }

  /** The access of before if its coder is the same, else a new one. */
  #access(before: Access | undefined, value: ValueCoder<never, unknown>): Access {
    if (before?.value === value) return before;
    return { value, views: { ...this.#views, value: value.view, aimsValue: false } };
  }
}

class SideDataInTransaction implements SideData {
  readonly #transaction: OpenWrite;
  readonly #name: string;

  constructor(transaction: OpenWrite, name: string) {
    this.#transaction = transaction;
    this.#name = name;
  }

  load(): string | undefined {
    return loadSideData(this.#transaction, this.#name);
  }

  save(text: string): void {
    saveSideData(this.#transaction, this.#name, text);
  }
}

freezeClass(SideDataCoders);
