import { inspectAs } from '../base/inspect.ts';
import type { EngineRow } from '../versions/engine/engine.ts';
import type { StoreCodecs } from './store-codecs.ts';

/** An entry that a range gives. Key and value are decoded when they are asked for. */
export class StoreEntry<KView, VView> {
  readonly #row: EngineRow;
  readonly #codecs: StoreCodecs;

  /** Not for users: ranges give these. */
  constructor(row: EngineRow, codecs: StoreCodecs) {
    this.#row = row;
    this.#codecs = codecs;
  }

  /** `ERR_CODEC` */
  get key(): KView {
    return this.#codecs.keyOf(this.#row.key) as KView;
  }

  /** `ERR_CODEC` */
  get value(): VView {
    return this.#codecs.valueOf(this.#row.bytes) as VView;
  }

  /** The number of the commit that wrote the value. */
  get version(): number {
    return this.#row.tid;
  }

  static {
    inspectAs(StoreEntry.prototype, ({ key, value, version }) => ({ key, value, version }));
  }
}
