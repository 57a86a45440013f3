interface Held {
  readonly instance: object;
  readonly next: Held | undefined;
}

let held: Held | undefined;

/**
 * Keeps an instance of a class alive for ever. V8 refers only weakly to the hidden class of instances. If none were alive at a
 * full collection, V8 would drop the hidden class and discard all code that it has compiled for it.
 */
export function keepHiddenClass(instance: object): void {
  held = { instance, next: held };
}
