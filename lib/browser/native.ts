import { CONTROL_SIZE } from '../native/constants.ts';
import type * as node from '../native/native.ts';

// In a browser, instead of lib/native/native.ts: there is no addon, and what is left of the client calls no other function of it.

type Native = typeof node.native;

export const native: Pick<Native, 'attach' | 'canAllocate' | 'useLargePages'> = {
  attach: () => true,
  canAllocate: () => true,
  useLargePages: () => true,
};

export const control: typeof node.control = new Uint32Array(CONTROL_SIZE);
