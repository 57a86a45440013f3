import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const PAGE_HEADER = 16;
const META_MAGIC = PAGE_HEADER;
const META_FREE = PAGE_HEADER + 24;
const META_MAIN = META_FREE + 48;
const META_LAST_PAGE = META_MAIN + 48;
const META_TRANSACTION = META_LAST_PAGE + 8;
/** Where the root page's number stands in LMDB's record of a database, and how long that record is. */
const DB_ROOT = 40;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const BRANCH = 1;
const LEAF = 2;
const BIG_DATA = 1;
const SUB_DATA = 2;

export type PageKind = 'branch' | 'leaf' | 'overflow';

/** Decides where pages go: gives the number of the first of `count` pages, which must be free. `key` is that of an overflow value. */
export type Place = (kind: PageKind, count: number, key: Buffer | undefined) => number;

/**
 * Moves the pages of a small, closed database to where `place` says, far apart. The file becomes as large as these places
 * need, but has holes between its pages, so that it costs nothing to make. LMDB's tools read it like any other.
 */
export function spreadPages(path: string, pageSize: number, place: Place): void {
  const file = join(path, 'data.mdb');
  const pages = readFileSync(file);
  const metas = [0, 1].map((number) => pages.subarray(number * pageSize, (number + 1) * pageSize));
  const transactionOf = (meta: Buffer): bigint => meta.readBigUInt64LE(META_TRANSACTION);
  const [first, second] = metas as [Buffer, Buffer];
  const meta = Buffer.from(transactionOf(first) > transactionOf(second) ? first : second);
  if (meta.readUInt32LE(META_MAGIC) !== 0xbeefc0de) throw new Error('this is no database');

  const fd = openSync(file, 'r+');
  const taken = new Set([0, 1]);
  let last = 1;
  const write = (page: Buffer, number: number): void => {
    page.writeBigUInt64LE(BigInt(number), 0);
    for (let i = 0; i < page.length / pageSize; i++) {
      if (taken.has(number + i)) throw new Error(`two pages were placed at ${number + i}`);
      taken.add(number + i);
    }
    writeSync(fd, page, 0, page.length, number * pageSize);
    last = Math.max(last, number + page.length / pageSize - 1);
  };

  const moveOverflow = (number: number, key: Buffer): number => {
    const count = pages.readUInt32LE(number * pageSize + 12);
    const target = place('overflow', count, key);
    write(Buffer.from(pages.subarray(number * pageSize, (number + count) * pageSize)), target);
    return target;
  };

  const moveDatabase = (record: Buffer): void => {
    const root = record.readBigUInt64LE(DB_ROOT);
    if (root !== NO_PAGE) record.writeBigUInt64LE(BigInt(movePage(Number(root))), DB_ROOT);
  };

  const movePage = (number: number): number => {
    const page = Buffer.from(pages.subarray(number * pageSize, (number + 1) * pageSize));
    const kind = page.readUInt16LE(10) & (BRANCH | LEAF);
    const nodes = (page.readUInt16LE(12) - PAGE_HEADER) / 2;
    const target = place(kind === BRANCH ? 'branch' : 'leaf', 1, undefined);
    for (let i = 0; i < nodes; i++) {
      const node = page.readUInt16LE(PAGE_HEADER + i * 2);
      if (kind === BRANCH) {
        const child = page.readUInt32LE(node) + page.readUInt16LE(node + 4) * 2 ** 32;
        const moved = movePage(child);
        page.writeUInt32LE(moved % 2 ** 32, node);
        page.writeUInt16LE(Math.floor(moved / 2 ** 32), node + 4);
        continue;
      }
      const flags = page.readUInt16LE(node + 4);
      const data = node + 8 + page.readUInt16LE(node + 6);
      if ((flags & BIG_DATA) !== 0) {
        const moved = moveOverflow(Number(page.readBigUInt64LE(data)), page.subarray(node + 8, data));
        page.writeBigUInt64LE(BigInt(moved), data);
      } else if ((flags & SUB_DATA) !== 0) {
        moveDatabase(page.subarray(data, data + 48));
      }
    }
    write(page, target);
    return target;
  };

  moveDatabase(meta.subarray(META_MAIN));
  // The pages that were free before lie in a hole now, so the list of free pages becomes empty.
  meta.writeBigUInt64LE(NO_PAGE, META_FREE + DB_ROOT);
  meta.fill(0, META_FREE + 6, META_FREE + DB_ROOT);
  meta.writeBigUInt64LE(BigInt(last), META_LAST_PAGE);
  for (const number of [0, 1]) {
    const copy = Buffer.from(meta);
    copy.writeBigUInt64LE(BigInt(number), 0);
    // The other meta page has the number of the transaction before. Both show the same data.
    copy.writeBigUInt64LE(
      transactionOf(meta) - (transactionOf(meta) % 2n === BigInt(number) ? 0n : 1n),
      META_TRANSACTION,
    );
    writeSync(fd, copy, 0, pageSize, number * pageSize);
  }
  const size = (last + 1) * pageSize;
  if (fstatSync(fd).size < size) ftruncateSync(fd, size);
  closeSync(fd);
}
