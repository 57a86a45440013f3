import type { CollectionId, Handle } from '../handles.ts';

/**
 * Finding the garbage of a store of objects, in the steps that native/core/objects/marking.h describes. A step takes at most about `ms` milliseconds,
 * and is called, with a transaction of the same version, until it says that it is done.
 */
export interface MarkingFunctions {
  markBegin(root: number): Handle;
  /** An object whose references cannot be read counts as having none. */
  markSkip(marking: Handle, id: number): true;
  markList(marking: Handle, transaction: Handle, objects: CollectionId, items: CollectionId, ms: number): boolean;
  markReachable(marking: Handle, transaction: Handle, objects: CollectionId, items: CollectionId, ms: number): boolean;
  /** Adds what the commits after `tid` have written. Returns the last commit that it has added; NOT_FOUND if the log does not tell of the next one. */
  markCommits(
    marking: Handle,
    transaction: Handle,
    objects: CollectionId,
    items: CollectionId,
    tid: number,
    ms: number,
  ): number;
  /** Adds everything that was written after a commit. */
  markWritten(
    marking: Handle,
    transaction: Handle,
    objects: CollectionId,
    items: CollectionId,
    tid: number,
    ms: number,
  ): boolean;
  /** `damaged`: the object whose references a step could not read, for which it has thrown `ERR_CODEC`; 0 if there is none. */
  markCounts(marking: Handle): { listed: number; reached: number; damaged: number };
  /** Pages of garbage, from page number `page` on, a few at a time; empty if there are no more. A page is its number (u64, big-endian) and its bits. */
  markGarbage(marking: Handle, page: number): ArrayBuffer;
  markEnd(marking: Handle): true;
}
