// What the suite `network` has in common: its data, and what a process has taken of processor and memory.
import { readdirSync, readFileSync } from 'node:fs';

/** The values that come whole: 64 MiB, and 512 MiB in the long form. */
export const LARGE = { 64: 64 * 2 ** 20, 512: 512 * 2 ** 20 };

export const keyOf = (i) => `key:${String(i).padStart(9, '0')}`;

/** A value of 100 bytes. */
export const textOf = (i) => `${keyOf(i)} `.repeat(8).slice(0, 100);

/** A key of so many at random: the same sequence in each process. */
function randomKeys(count) {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return keyOf(state % count);
  };
}

/** The same, made before: a program has its keys. Each is given once before one comes again. */
export function preparedKeys(count) {
  const random = randomKeys(count);
  const keys = Array.from({ length: Math.min(count, 65_536) }, random);
  let next = 0;
  return () => keys[next++ % keys.length];
}

/** Processor time of all threads of a process, in ns. Linux. */
export function processorTime(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    0,
  );
}

/** The memory of a process that belongs to it alone, not to a file that is mapped, in bytes. Linux. */
export function ownMemory(pid) {
  return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

/** Processor time of all processes that another one has started, in ns. Linux. */
export function childrenTime(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children.reduce((sum, child) => sum + (child === '' ? 0 : timeOrNone(child)), 0);
}

function timeOrNone(pid) {
  try {
    return processorTime(pid);
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}
