import type { Transform } from 'node:stream';

/**
 * Decompresses a file of several frames, one after the other, such as pzstd, bgzip and `cat` make. Node's own decompressors silently ignore
 * what follows a zstd frame that ends within a chunk, or a gzip member that is followed by zeros. With `padded`, there may be zeros after
 * a frame, as gzip has them on tapes.
 */
export async function* unpackFrames(
  file: AsyncIterable<Buffer>,
  create: () => Transform,
  padded: boolean,
): AsyncGenerator<Buffer> {
  const chunks = file[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | undefined> => {
    const { done, value } = await chunks.next();
    return done === true ? undefined : value;
  };
  let chunk = await next();
  do {
    const frame = create();
    const feeding = feed(frame as Frame, chunk, next);
    // If reading the file fails, the frame must fail too. If the frame fails, the loop below throws its error.
    feeding.catch((error) => frame.destroy(error));
    try {
      for await (const part of frame) yield part as Buffer;
      chunk = await feeding;
      if (padded) chunk = await withoutZeros(chunk, next);
    } finally {
      frame.destroy();
    }
  } while (chunk !== undefined);
}

/** The bytes from the first byte on that is not 0; undefined if there is none. */
async function withoutZeros(
  first: Buffer | undefined,
  next: () => Promise<Buffer | undefined>,
): Promise<Buffer | undefined> {
  for (let chunk = first; chunk !== undefined; chunk = await next()) {
    const start = chunk.findIndex((byte) => byte !== 0);
    if (start >= 0) return chunk.subarray(start);
  }
  return undefined;
}

/** A Transform of node:zlib, which also counts the bytes that it has taken. */
type Frame = Transform & { readonly bytesWritten: number };

/** Writes bytes to a frame until the frame ends. Returns what is left of the last chunk; undefined at the end of the file. */
async function feed(
  frame: Frame,
  first: Buffer | undefined,
  next: () => Promise<Buffer | undefined>,
): Promise<Buffer | undefined> {
  let taken = 0;
  for (let chunk = first; chunk !== undefined; chunk = await next()) {
    await write(frame, chunk);
    const ofChunk = frame.bytesWritten - taken;
    if (ofChunk < chunk.length) return chunk.subarray(ofChunk);
    taken += chunk.length;
  }
  frame.end();
  return undefined;
}

/** Settles when the frame has taken the chunk, or has ended. */
function write(frame: Frame, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    frame.once('end', resolve);
    frame.write(chunk, (error) => {
      frame.off('end', resolve);
      if (error) reject(error);
      else resolve();
    });
  });
}
