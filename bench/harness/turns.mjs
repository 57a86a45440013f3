// Contestants that take turns: each in a process of its own, so that none is compiled for another one, and never two at once. What else the
// machine does then slows all of them alike. They count the time in which a processor worked for them, not the time that passed.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

/**
 * Starts a process for each mode and has each do a pass in turn, so often. Gives for each mode what its passes have told: by
 * `takeTurns`, with which most processes serve, the time in ns for each operation.
 */
export async function turns(script, modes, argumentsOf, passes) {
  const contestants = modes.map((mode) => new Contestant(mode, script, argumentsOf(mode)));
  try {
    const times = Object.fromEntries(modes.map((mode) => [mode, []]));
    for (let pass = 0; pass < passes; pass++) {
      for (const contestant of contestants) times[contestant.mode].push(await contestant.pass());
    }
    return times;
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.end()));
  }
}

class Contestant {
  #child;
  #ended;
  #answer;

  constructor(mode, script, args) {
    this.mode = mode;
    this.#child = fork(script, args);
    this.#ended = once(this.#child, 'exit');
    this.#child.on('message', (time) => this.#answer(time));
  }

  async pass() {
    const answered = new Promise((resolve) => {
      this.#answer = resolve;
    });
    this.#child.send('pass');
    const time = await Promise.race([answered, this.#ended]);
    if (Array.isArray(time)) throw new Error(`${this.mode} ended before its pass was done`);
    return time;
  }

  async end() {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}

/** The time in which processors worked for this process, in ns. */
export function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** The time that passed, in ns: for what waits for a disk. */
export function wallTime() {
  return Number(process.hrtime.bigint());
}

/** Does a pass of so many operations whenever it is asked for, until the parent goes. Then calls `end`. What `prepare` does is not timed. */
export function takeTurns(operations, pass, end, { clock = processorTime, prepare = () => {} } = {}) {
  process.on('message', () => {
    prepare();
    const before = clock();
    pass();
    process.send((clock() - before) / operations);
  });
  process.on('disconnect', end);
}
