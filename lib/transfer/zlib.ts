import type { Transform } from 'node:stream';
import { LeaseholdError } from '../errors.ts';
import type { Compression } from './format.ts';

type Zlib = typeof import('node:zlib') & {
  /** From Node 22.15 and 23.8 on. */
  readonly createZstdCompress?: () => Transform;
  readonly createZstdDecompress?: () => Transform;
};

/** What unpacks (or packs) a file of that name. `ERR_INVALID_ARG_VALUE` for zstd where Node has none. */
export async function coder(
  kind: 'compress' | 'decompress',
  compression: Compression,
  path: string,
): Promise<Transform | undefined> {
  if (compression === undefined) return undefined;
  const zlib: Zlib = await import('node:zlib');
  if (compression === 'gzip') return kind === 'compress' ? zlib.createGzip() : zlib.createGunzip();
  const create = kind === 'compress' ? zlib.createZstdCompress : zlib.createZstdDecompress;
  if (create !== undefined) return create();
  throw new LeaseholdError(
    'ERR_INVALID_ARG_VALUE',
    `'${path}': Node ${process.version} has no zstd, which came with 22.15 and 23.8: use a newer Node, or gzip`,
  );
}
