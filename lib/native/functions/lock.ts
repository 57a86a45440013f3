import type { Handle } from '../handles.ts';

/** Locks by name. An `environment` is given by its handle. */
export interface LockFunctions {
  /**
   * Sets the function that is told what becomes of requests: a LOCK_… number. It must not throw. `thread` is what others see of this thread.
   * To be called before the first request.
   */
  lockListen(told: (id: number, event: number) => void, thread: number): true;
  /**
   * Requests a lock. The answer is the id of the request if it has its lock now. It is the negative id if the request waits, which keeps the
   * event loop running; then `told` gets LOCK_GRANTED, or LOCK_CANCELLED if the environment is closed. It is 0 if the lock is not available, and
   * the flags have LOCK_IF_AVAILABLE. Once it has its lock, `told` may get LOCK_STOLEN or LOCK_CLOSED, after which the id names nothing.
   */
  lockRequest(environment: Handle, name: string, flags: number): number;
  /** Releases a lock, or ends a request that waits. Gives whether it waited: then `told` is not called. Does nothing if the id names nothing. */
  lockRelease(environment: Handle, id: number): boolean;
  /** All requests of all programs in their order: for each the name, flags, the process and the thread, one after the other. */
  lockQuery(environment: Handle): (string | number)[];
}
