import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATA, type File, PAGE, type Recorded, SYNCED } from './record.ts';

/** A disk writes this many bytes whole or not at all. */
const SECTOR = 512;

/** Which unsynced writes survive a power cut. Meta pages are the first two of data.mdb. */
export const LUCKS = ['nothing', 'everything', 'any pages', 'any sectors', 'meta pages', 'no meta page'] as const;
export type Luck = (typeof LUCKS)[number];

export interface Cut {
  /** The power fails before this entry of the record. */
  at: number;
  luck: Luck;
  random: () => number;
}

/** Rules that a replay can break. The test must fail if one is broken. */
export interface Without {
  syncedFile?: boolean;
  dataSyncs?: boolean;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes a folder with what the disk may hold after the cut. */
export function makeState(recorded: Recorded, cut: Cut, folder: string, without: Without = {}): void {
  mkdirSync(folder);
  const metaSyncs = without.dataSyncs ? { ...recorded.syncs, [DATA]: [] } : recorded.syncs;
  writeFileSync(join(folder, 'data.mdb'), contentOf({ ...recorded, syncs: metaSyncs }, DATA, cut));
  const exists = recorded.named < cut.at || (recorded.made < cut.at && cut.random() < 0.5);
  if (exists && !without.syncedFile) writeFileSync(join(folder, 'synced.mdb'), contentOf(recorded, SYNCED, cut));
}

function contentOf(recorded: Recorded, file: File, cut: Cut): Buffer {
  // A write is on the disk if it returned before a sync began, and that sync returned before the cut.
  const synced = Math.max(-1, ...recorded.syncs[file].filter(({ end }) => end < cut.at).map(({ begin }) => begin));
  const parts: [number, Buffer][] = [];
  for (const [number, all] of recorded.pages[file]) {
    const versions = all.filter(({ at }) => at < cut.at);
    if (versions.length === 0) continue;
    const least = versions.findLastIndex(({ at, durable }) => at < synced || durable);
    const most = versions.length - 1;
    const any = () => least + Math.floor(cut.random() * (most - least + 1));
    // -1 means that the page was never written; it reads as zeros.
    const bytesOf = (version: number) => versions[version]?.bytes ?? Buffer.alloc(PAGE);
    const isMeta = file === DATA && number < 2;
    const luck = cut.luck === 'meta pages' ? isMeta : cut.luck === 'no meta page' ? !isMeta : cut.luck;
    let bytes: Buffer;
    if (luck === 'any sectors') {
      bytes = Buffer.alloc(PAGE);
      for (let at = 0; at < PAGE; at += SECTOR) bytesOf(any()).copy(bytes, at, at, at + SECTOR);
    } else if (luck === 'any pages') {
      bytes = bytesOf(any());
    } else {
      bytes = bytesOf(luck === true || luck === 'everything' ? most : least);
      if (least === -1 && bytes !== versions[most]?.bytes) continue;
    }
    parts.push([number, bytes]);
  }
  const content = Buffer.alloc(PAGE * (1 + Math.max(-1, ...parts.map(([number]) => number))));
  for (const [number, bytes] of parts) bytes.copy(content, number * PAGE);
  return content;
}
