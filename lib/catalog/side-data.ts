import { freezeClass } from '../base/primordials.ts';
import type { KeyCodec } from '../key/codec.ts';
import type { Views } from '../lease/lease.ts';
import { native } from '../native/native.ts';
import type { ReadScope } from '../transaction/open-read.ts';
import type { Scope } from '../transaction/open-transaction.ts';
import type { WriteScope } from '../transaction/open-write.ts';
import type { Kept, ValueBinding, ValueCoder } from '../value/codec.ts';
import { loadKept, saveKept } from './catalog.ts';

/** How one transaction reads and writes the values of a collection. */
export interface Access {
  readonly value: ValueCoder<never, unknown>;
  readonly views: Views;
}

/** The values of a collection whose codec keeps something in the database beside them. */
export class KeptValues {
  readonly #name: string;
  readonly #key: KeyCodec<never, unknown>;
  readonly #binding: ValueBinding<never, unknown>;
  #reading: Access | undefined;
  /** The version of the last snapshot that was read; 0 is none's. */
  #version = 0;
  #writing: Access | undefined;
  #scope: WriteScope | undefined;

  constructor(name: string, key: KeyCodec<never, unknown>, binding: ValueBinding<never, unknown>) {
    this.#name = name;
    this.#key = key;
    this.#binding = binding;
  }

  in(scope: Scope): Access {
    return scope.writes ? this.#inWrite(scope) : this.#inRead(scope);
  }

  #inRead(scope: ReadScope): Access {
    const version = native.transactionId(scope.handle);
    if (this.#reading === undefined || this.#version !== version) {
      this.#reading = this.#access(this.#reading, this.#binding.reading(loadKept(scope, this.#name)));
      this.#version = version;
    }
    return this.#reading;
  }

  /** Asked anew for each, since what the one before saved may have been rolled back. */
  #inWrite(scope: WriteScope): Access {
    if (this.#writing === undefined || this.#scope !== scope) {
      this.#writing = this.#access(this.#writing, this.#binding.writing(new ScopeKept(scope, this.#name)));
      this.#scope = scope;
    }
    return this.#writing;
  }

  /** The one of before where the coder is the same. */
  #access(before: Access | undefined, value: ValueCoder<never, unknown>): Access {
    if (before?.value === value) return before;
    const { view, aims } = this.#key;
    return { value, views: { key: view, value: value.view, aimsKey: aims, aimsValue: false } };
  }
}

class ScopeKept implements Kept {
  readonly #scope: WriteScope;
  readonly #name: string;

  constructor(scope: WriteScope, name: string) {
    this.#scope = scope;
    this.#name = name;
  }

  load(): string | undefined {
    return loadKept(this.#scope, this.#name);
  }

  save(text: string): void {
    saveKept(this.#scope, this.#name, text);
  }
}

freezeClass(KeptValues);
