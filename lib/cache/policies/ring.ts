import { type CachedObject, Policy } from './policy.ts';

/** An object whose last write is further back than this part of the file is copied forward when it is hit. */
const FAR = 0.8;

interface Placed extends CachedObject {
  /** Where it begins, counted from the first byte ever written. */
  position: number;
}

/**
 * The cache of ZEO 3 to 6 (ZEO/cache.py): one file, in which a position goes around. What lies where an object is written
 * leaves. A hit on an object that will soon be overwritten copies it to the position.
 */
export class Ring extends Policy<Placed> {
  /** What was written, in order; an object that was copied or removed leaves its old place behind. */
  #written: { object: Placed; position: number }[] = [];
  /** The index of the oldest place that is not yet overwritten. */
  #first = 0;
  #position = 0;

  protected hit(object: Placed): void {
    if (this.#position - object.position <= FAR * this.capacity) return;
    this.#write(object);
    this.movedByHit();
    this.bytesWritten += object.size;
  }

  protected admit(key: number, size: number): void {
    const object = { key, size, position: 0 };
    this.#write(object);
    this.enter(object);
  }

  protected removed(object: Placed): void {
    // Its place stays unused until the position comes around.
    object.position = -1;
  }

  #write(object: Placed): void {
    object.position = this.#position;
    this.#written.push({ object, position: object.position });
    this.#position += object.size;
    for (;;) {
      const { object, position } = this.#written[this.#first] as { object: Placed; position: number };
      if (position >= this.#position - this.capacity) break;
      if (object.position === position) this.leave(object);
      this.#first++;
    }
    if (this.#first * 2 > this.#written.length && this.#first > 1000) {
      this.#written = this.#written.slice(this.#first);
      this.#first = 0;
    }
  }
}
