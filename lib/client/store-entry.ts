import { inspectAs } from '../base/inspect.ts';
import type { Lease } from '../lease/lease.ts';
import { ONLY_VALUE } from '../lease/sink.ts';
import { u64At } from '../wire/payload.ts';
import { ROW_VERSION_BYTES } from '../wire/protocol.ts';
import type { StoreCodecs } from './store-codecs.ts';

/** An entry that a range gives. Key and value are decoded when they are asked for. */
export class StoreEntry<KView, VView> {
  readonly #lease: Lease;
  readonly #at: number;
  readonly #codecs: StoreCodecs;
  /** Undefined: it stands before the value. */
  readonly #version: number | undefined;

  /** Not for users: ranges give these. `at`: the place of the row in the lease. */
  constructor(lease: Lease, at: number, codecs: StoreCodecs, version: number | undefined) {
    this.#lease = lease;
    this.#at = at;
    this.#codecs = codecs;
    this.#version = version;
  }

  /** `ERR_CODEC` */
  get key(): KView {
    return this.#codecs.key.view(this.#lease, this.#at) as KView;
  }

  /** `ERR_CODEC` */
  get value(): VView {
    return this.#codecs.value.view(this.#lease, this.#at + ONLY_VALUE) as VView;
  }

  /** The number of the commit that wrote the value. */
  get version(): number {
    const { values, table, base } = this.#lease;
    return this.#version ?? u64At(values, (table[base + this.#at + ONLY_VALUE] as number) - ROW_VERSION_BYTES);
  }

  static {
    inspectAs(StoreEntry.prototype, ({ key, value, version }) => ({ key, value, version }));
  }
}
