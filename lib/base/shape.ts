interface Kept {
  readonly instance: object;
  readonly next: Kept | undefined;
}

let kept: Kept | undefined;

/**
 * Keeps an instance of a class for good. V8 refers weakly to the shape that its constructor gives them: at a full
 * collection at which none is alive it forgets that shape, and throws away all code that it has compiled for it.
 */
export function keepShape(instance: object): void {
  kept = { instance, next: kept };
}
