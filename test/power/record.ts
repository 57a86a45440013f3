import { readFileSync } from 'node:fs';

// Reads the record that recorder.c writes.
const HEADER_BYTES = 24;
const WRITE = 1;
const DURABLE_WRITE = 2;
const SYNC_BEGIN = 3;
const SYNC_END = 4;
const CREATE = 5;
const FOLDER = 3;
const MARKS = 4;

export const DATA = 1;
export const SYNCED = 2;
export type File = typeof DATA | typeof SYNCED;

export const PAGE = 4096;

/** The content of a page of a file, from an entry of the record on. */
interface PageVersion {
  /** The entry of the record that wrote it. */
  at: number;
  bytes: Buffer;
  /** Whether it was on the disk when its write returned. */
  durable: boolean;
}

export interface Sync {
  begin: number;
  end: number;
}

/** A promise of the program, for example that a commit is durable, and the entry of the record from which it holds. */
export interface Mark {
  at: number;
  name: string;
  number: number;
}

/** What processes wrote to a database, and when they synced it to the disk. */
export interface Recorded {
  length: number;
  pages: Record<File, Map<number, PageVersion[]>>;
  syncs: Record<File, Sync[]>;
  /** The entry at which synced.mdb was made, and the entry from which its name was on the disk. */
  made: number;
  named: number;
  marks: Mark[];
}

export function readRecord(path: string): Recorded {
  const bytes = readFileSync(path);
  const recorded: Recorded = {
    length: 0,
    pages: { [DATA]: new Map(), [SYNCED]: new Map() },
    syncs: { [DATA]: [], [SYNCED]: [] },
    made: Number.POSITIVE_INFINITY,
    named: Number.POSITIVE_INFINITY,
    marks: [],
  };
  const begun = new Map<bigint, number>();
  let marks = '';
  for (let offset = 0; offset + HEADER_BYTES <= bytes.length; recorded.length++) {
    const at = recorded.length;
    const kind = bytes.readUInt32LE(offset);
    const file = bytes.readUInt32LE(offset + 4);
    const token = bytes.readBigUInt64LE(offset + 8);
    const length = Number(bytes.readBigUInt64LE(offset + 16));
    const content = bytes.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + length);
    offset += HEADER_BYTES + length;
    if (kind === CREATE) {
      recorded.made = Math.min(recorded.made, at);
    } else if (kind === SYNC_BEGIN) {
      begun.set(token, at);
    } else if (kind === SYNC_END && file === FOLDER) {
      if ((begun.get(token) as number) > recorded.made) recorded.named = Math.min(recorded.named, at);
    } else if (kind === SYNC_END) {
      recorded.syncs[file as File].push({ begin: begun.get(token) as number, end: at });
    } else if (file === MARKS) {
      marks += content.toString();
      const lines = marks.split('\n');
      marks = lines.pop() as string;
      for (const line of lines) {
        const [name = '', number] = line.split(' ');
        recorded.marks.push({ at, name, number: Number(number) });
      }
    } else if (kind === WRITE || kind === DURABLE_WRITE) {
      addWrite(recorded.pages[file as File], at, Number(token), content, kind === DURABLE_WRITE);
    }
  }
  return recorded;
}

function addWrite(pages: Map<number, PageVersion[]>, at: number, offset: number, content: Buffer, durable: boolean) {
  for (let from = offset; from < offset + content.length; ) {
    const number = Math.floor(from / PAGE);
    const to = Math.min((number + 1) * PAGE, offset + content.length);
    const versions = pages.get(number) ?? [];
    pages.set(number, versions);
    const bytes = Buffer.from(versions.at(-1)?.bytes ?? Buffer.alloc(PAGE));
    content.copy(bytes, from - number * PAGE, from - offset, to - offset);
    versions.push({ at, bytes, durable });
    from = to;
  }
}
