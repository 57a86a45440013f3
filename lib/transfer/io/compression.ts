import type { Readable, Transform } from 'node:stream';
import { LeaseholdError } from '../../base/errors.ts';
import type { Compression } from './format.ts';
import { unpackFrames } from './packed-frames.ts';

type Zlib = typeof import('node:zlib') & {
  /** From Node 22.15 and 23.8 on. */
  readonly createZstdCompress?: () => Transform;
  readonly createZstdDecompress?: () => Transform;
};

/** A stream that compresses; undefined without a compression. `ERR_INVALID_ARG_VALUE` for zstd if Node does not have it. */
export async function packer(compression: Compression, path: string): Promise<Transform | undefined> {
  if (compression === undefined) return undefined;
  const zlib: Zlib = await import('node:zlib');
  if (compression === 'gzip') return zlib.createGzip();
  return (zlib.createZstdCompress ?? refuse(path))();
}

/** A function that decompresses a file; undefined without a compression. The iterator throws the file's own errors too. */
export async function unpacker(
  compression: Compression,
  path: string,
): Promise<((file: Readable) => AsyncIterable<Buffer>) | undefined> {
  if (compression === undefined) return undefined;
  const zlib: Zlib = await import('node:zlib');
  if (compression === 'gzip') return (file) => unpackFrames(file, zlib.createGunzip, true);
  const create = zlib.createZstdDecompress ?? refuse(path);
  return (file) => unpackFrames(file, create, false);
}

function refuse(path: string): never {
  throw new LeaseholdError(
    'ERR_INVALID_ARG_VALUE',
    `'${path}': Node ${process.version} has no zstd: use gzip, or Node from 22.15 or 23.8 on`,
  );
}
