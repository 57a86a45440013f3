import { type CachedObject, Policy } from './policy.ts';

/** Where an object lies: the number of the filling of a file. */
interface InFile extends CachedObject {
  file: number;
}

/**
 * The cache of ZEO 1 and 2 (its ClientCache.txt): two files, each with half of the capacity. Objects are appended to the
 * current file. When it is full, the other file is emptied and becomes the current one.
 */
export class TwoFiles extends Policy<InFile> {
  /** The objects of the current file and of the other one, and how far each is filled. */
  #current: Set<InFile> = new Set();
  #other: Set<InFile> = new Set();
  #used = 0;
  #file = 0;

  protected override get largest(): number {
    return Math.floor(this.capacity / 2);
  }

  protected hit(_object: InFile): void {}

  protected admit(key: number, size: number): void {
    if (!this.fits(size)) this.#flip();
    const object = { key, size, file: this.#file };
    this.#append(object);
    this.enter(object);
  }

  protected removed(object: InFile): void {
    this.#current.delete(object);
    this.#other.delete(object);
  }

  /** Whether the current file has room. */
  protected fits(size: number): boolean {
    return this.#used + size <= this.largest;
  }

  protected isOld(object: InFile): boolean {
    return object.file !== this.#file;
  }

  /** Copies an object of the other file to the current one. */
  protected copy(object: InFile): void {
    this.#other.delete(object);
    object.file = this.#file;
    this.#append(object);
    this.movedByHit();
    this.bytesWritten += object.size;
  }

  #append(object: InFile): void {
    this.#current.add(object);
    this.#used += object.size;
  }

  #flip(): void {
    for (const object of this.#other) this.leave(object);
    [this.#other, this.#current] = [this.#current, new Set()];
    this.#used = 0;
    this.#file++;
  }
}

/** Two files, where a hit in the other file copies the object to the current one, unless that would empty the other file. */
export class TwoFilesCopy extends TwoFiles {
  protected override hit(object: InFile): void {
    if (this.isOld(object) && this.fits(object.size)) this.copy(object);
  }
}
