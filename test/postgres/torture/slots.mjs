// What all processes know at once: a file with 8 bytes for each worker, where it says which number was acknowledged last, and in which era. The first 8 bytes are the era. While it is odd, the store
// loses commits, as a restored copy does: what was acknowledged before is not expected any more.
import { openSync, readSync, writeFileSync, writeSync } from 'node:fs';

const WORD = 8;
const PLACES = 8192;
const ERA = 2n ** 32n;
/** Where the numbers of records begin, and those of objects. */
const FIRST = { records: 1, objects: PLACES / 2 };

export class Slots {
  #file;
  #word = Buffer.alloc(WORD);

  static make(path) {
    writeFileSync(path, Buffer.alloc(PLACES * WORD));
    return new Slots(path);
  }

  constructor(path) {
    this.#file = openSync(path, 'r+');
  }

  era() {
    readSync(this.#file, this.#word, 0, WORD, 0);
    return Number(this.#word.readBigUInt64LE());
  }

  /** Commits are about to be lost, or have been. */
  nextEra() {
    this.#set(0, BigInt(this.era() + 1));
  }

  acknowledge(kind, worker, era, number) {
    if (era % 2 === 0) this.#set(FIRST[kind] + worker, BigInt(era) * ERA + BigInt(number));
  }

  /** The largest number that was acknowledged in an era; 0 while commits are lost. */
  newest(kind, era) {
    if (era % 2 === 1) return 0;
    const all = Buffer.alloc(PLACES * WORD);
    readSync(this.#file, all, 0, all.length, 0);
    const end = kind === 'records' ? FIRST.objects : PLACES;
    let newest = 0;
    for (let place = FIRST[kind]; place < end; place++) {
      const word = all.readBigUInt64LE(place * WORD);
      if (word / ERA === BigInt(era)) newest = Math.max(newest, Number(word % ERA));
    }
    return newest;
  }

  #set(place, word) {
    const bytes = Buffer.alloc(WORD);
    bytes.writeBigUInt64LE(word);
    writeSync(this.#file, bytes, 0, WORD, place * WORD);
  }
}
