import type { BufferSource as NodeBufferSource } from '../lease/sources/buffer-source.ts';
import type * as node from '../lease/sources/lease-source.ts';
import { notInBrowser } from './refused.ts';

// In a browser, instead of lib/lease/sources/lease-source.ts and buffer-source.ts: without addons, nobody else lends or borrows memory.

/** For `Key.from` and `Value.from`. `ERR_NOT_IN_BROWSER`. */
export const lend: typeof node.lend = () => {
  throw notInBrowser('addons that lend memory');
};

export const BufferSource: Pick<typeof NodeBufferSource, 'own'> = {
  own() {
    throw notInBrowser('addons that borrow memory');
  },
};
