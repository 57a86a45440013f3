import { CsvParser } from './csv-parser.ts';
import { LeaseholdParser } from './leasehold-parser.ts';
import { OracleGeneralParser } from './oracle-general-parser.ts';
import { TraceBatch } from './trace-batch.ts';
import { MAGIC } from './trace-format.ts';
import type { TraceParser } from './trace-parser.ts';
import { ZeoParser } from './zeo-parser.ts';

/** The formats that can be read; the first one is leasehold's own. */
export const TRACE_FORMATS = ['leasehold', 'zeo', 'oracleGeneral', 'csv'] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

export interface ReadTraceOptions {
  /** By default: leasehold if the first bytes say so, else by the end of the name (.csv, .oracleGeneral, .oracleGeneral.bin), else zeo. */
  readonly format?: TraceFormat | undefined;
  /** CSV: the names of the columns, if the first line does not have them. */
  readonly columns?: readonly string[] | undefined;
  /** What the trace is called in errors; also tells the format. */
  readonly name: string;
}

/**
 * Reads a trace, decompressed, from chunks of bytes. Gives its records in order, in a batch that is used again: read it before
 * asking for the next one. Memory does not depend on the length of the trace. `ERR_INVALID_ARG_VALUE` if the bytes are no such trace.
 */
export async function* readTrace(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadTraceOptions,
): AsyncGenerator<TraceBatch, void, undefined> {
  const batch = new TraceBatch();
  let parser: TraceParser | undefined;
  let left: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    left =
      left.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([left, chunk]);
    if (left.length < MAGIC.length) continue;
    parser ??= parserOf(left, options);
    for (;;) {
      const length = parser.read(left, batch);
      left = left.subarray(length);
      if (!batch.isFull) break;
      yield batch;
      batch.count = 0;
    }
  }
  if (parser === undefined) {
    parser = parserOf(left, options);
    left = left.subarray(parser.read(left, batch));
  }
  if (left.length > 0) parser.end?.(left, batch);
  if (batch.count > 0) yield batch;
}

function parserOf(first: Buffer, { format, columns, name }: ReadTraceOptions): TraceParser {
  switch (format ?? formatOf(first, name)) {
    case 'leasehold':
      return new LeaseholdParser(name);
    case 'csv':
      return new CsvParser(name, columns);
    case 'oracleGeneral':
      return new OracleGeneralParser();
    default:
      return new ZeoParser(name);
  }
}

function formatOf(first: Buffer, name: string): TraceFormat {
  // Also of another version, which its parser refuses.
  if (first.subarray(0, MAGIC.length - 1).equals(MAGIC.subarray(0, MAGIC.length - 1))) return 'leasehold';
  const plain = name.replace(/'?$/, '').replace(/\.(?:gz|zst)$/i, '');
  if (/\.csv$/i.test(plain)) return 'csv';
  return /\.oracleGeneral(?:\.bin)?$/i.test(plain) ? 'oracleGeneral' : 'zeo';
}
