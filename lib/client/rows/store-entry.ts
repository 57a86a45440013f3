import { inspectAs } from '../../base/inspect.ts';
import type { Lease } from '../../lease/lease.ts';
import { ONLY_VALUE, startOf } from '../../lease/sink.ts';
import { u64At } from '../../wire/payload.ts';
import { ROW_VERSION_BYTES } from '../../wire/protocol.ts';
import type { StoreCodecs } from '../store-codecs.ts';

/** An entry that a range or a scan gives. Key and value are decoded when they are asked for. */
export interface StoreEntry<KView, VView> {
  /** `ERR_CODEC` */
  readonly key: KView;
  /** `ERR_CODEC` */
  readonly value: VView;
  /** The number of the commit that wrote the value. */
  readonly version: number;
}

/** An entry of a range. It stays as it is. */
export class RangeStoreEntry<KView, VView> implements StoreEntry<KView, VView> {
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

  get key(): KView {
    return this.#codecs.key.view(this.#lease, this.#at) as KView;
  }

  get value(): VView {
    return this.#codecs.value.view(this.#lease, this.#at + ONLY_VALUE) as VView;
  }

  get version(): number {
    return this.#version ?? versionBefore(this.#lease, this.#at);
  }

  static {
    inspectAs(RangeStoreEntry.prototype, ({ key, value, version }) => ({ key, value, version }));
  }
}

/** The version that stands before the value of a row that was received. `ERR_LEASE_EXPIRED` */
export function versionBefore(lease: Lease, at: number): number {
  return u64At(lease.values, startOf(lease, at + ONLY_VALUE, null) - ROW_VERSION_BYTES);
}
