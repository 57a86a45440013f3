import { finalizationRegister } from '../base/primordials.ts';

/** Something that goes on, perhaps on a server, until somebody ends it. */
export interface Unfinished {
  /** Nobody can ask for more. */
  abandon(): void;
}

const forgotten = new FinalizationRegistry<Unfinished>((unfinished) => unfinished.abandon());

/**
 * Ends something once an object has been collected by which a program reads it, and which the program has not read to the end, nor ended. `unfinished` must not
 * refer to the object.
 */
export function endWhenForgotten(object: object, unfinished: Unfinished): void {
  finalizationRegister(forgotten, object, unfinished);
}
