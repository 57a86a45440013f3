/** A u32 in which every bit depends on every bit of a key (below 2 ** 53) and of a number (the finalizer of MurmurHash3, A. Appleby). */
export function mixed(key: number, number: number): number {
  let hash = (key ^ Math.imul(Math.floor(key / 2 ** 32), 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
