import { freezeClass } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import type { EnvironmentState } from './environment-state.ts';
import { OpenRead } from './open-read.ts';
import { abortLeft } from './open-write.ts';

/**
 * What is behind an OptimisticTransaction: a read transaction that sees what was written in it. Native code keeps these writes until
 * the commit (core/transact/overlay.h).
 */
export class OpenTransact extends OpenRead {
  /** Called when it ends, by whoever ends it: `env.close()`, too, and the collector. Must not refer to the user's object. */
  onEnd: (() => void) | undefined;
  /** The error of a transaction inside it. It cannot be committed any more: part of that transaction's work may be done. */
  failure: { readonly error: unknown } | undefined;
  /** What its function needs and others have stored after it began. It cannot be committed: its function runs again, and then finds that. */
  missed: { readonly collection: string; readonly key: unknown } | undefined;

  /** Begins a transaction. `notesReads`: whether the commit checks what was read. */
  constructor(environment: EnvironmentState, notesReads: boolean) {
    super(environment, false, -1);
    if (environment.ending !== undefined) environment.finishEnding();
    abortLeft();
    environment.addReading(this);
    try {
      environment.retrying(() => {
        this.handle = native.transactBegin(environment.handle, notesReads);
      });
    } catch (error) {
      this.open = false;
      environment.removeReading(this);
      throw error;
    }
  }

  override get changes(): boolean {
    return true;
  }

  override end(): void {
    super.end();
    const { onEnd } = this;
    this.onEnd = undefined;
    onEnd?.();
  }
}

freezeClass(OpenTransact);
