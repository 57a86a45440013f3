/** The first bytes of a trace: a name, and the version of the format. */
export const MAGIC: Buffer = Buffer.concat([Buffer.from('LHTRACE'), Buffer.of(1)]);

/** A block begins with: u32 bytes of its records, u32 their number, u64 tid, f64 time. The records count on from these. */
export const BLOCK_HEAD = 24;
/** The most bytes of a record: op, hash, and three varints. */
export const LARGEST_RECORD: number = 1 + 8 + 3 * 8;
/** The most bytes of the records of a block. */
export const BLOCK_SIZE: number = 64 * 1024;
