import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as lib from '../../../lib/index.ts';
import { Actions, type Changed } from './actions.mjs';
import { type Action, Replay, type State, type States, same, Wrong } from './replay.ts';
import { KEYS, keyOf, NAMES, openStore, stampOf } from './store.mjs';

/** A line of a participant's log. */
interface Line {
  attempt?: number;
  kind?: 'write' | 'batch' | 'serializable' | 'snapshot';
  base?: number;
  actions?: Action[];
  outcome?: number;
  tid?: number;
  began?: number;
  read?: number;
  isNew?: boolean;
  follow?: number;
  told?: number;
  nonce?: string;
  changes?: Changed[];
  copy?: string;
  wrong?: string;
  end?: true;
}

interface Commit {
  tid: number;
  nonce: string;
  changes: Changed[];
}

interface Attempt extends Line {
  attempt: number;
  /** The commit, if the participant knows that it is committed; `null` if it knows that it is not. */
  committed?: number | null;
}

/** What was compared, to see that a test was worth it. */
export interface Tally {
  commits: number;
  reads: number;
  attempts: number;
  undone: number;
  told: number;
  copies: number;
}

/**
 * Compares the logs of all participants with the log of changes: repeats what they did, commit by commit, and looks whether they have read what
 * was there (V3), with the versions that were there (V1), whether each commit was told with all it changed, once and in order (V4), and whether what failed
 * is nowhere (V5). `ended`: the participants that were not killed.
 */
export async function checkParticipants(path: string, folder: string, ended: readonly string[]): Promise<Tally> {
  const { env, collections } = openStore(lib, path, {});
  try {
    const history = new History(await commitsOf(env, collections), readLogs(folder));
    history.replayAll();
    for (const name of ended) history.checkEnded(name);
    history.checkLogs();
    history.checkState(
      env,
      collections,
      env.read((txn) => txn.tid),
    );
    for (const copy of history.copies()) await checkCopy(history, copy);
    return history.tally;
  } finally {
    env.close();
  }
}

type Store = ReturnType<typeof openStore>;

async function commitsOf(env: Store['env'], collections: Store['collections']): Promise<Commit[]> {
  const actions = new Actions(
    () => 0,
    collections,
    () => {},
  );
  const last = env.read((txn) => txn.tid);
  const commits: Commit[] = [];
  if (last === 0) return commits;
  for await (const { tid, nonce, changes } of env.changes({ after: 0 })) {
    commits.push({ tid, nonce, changes: changes.map((change) => actions.changeOf(change)) });
    if (tid === last) break;
  }
  return commits;
}

async function checkCopy(history: History, copy: string): Promise<void> {
  const { env, collections } = openStore(lib, copy, {});
  try {
    const commits = await commitsOf(env, collections);
    same(commits, history.commits.slice(0, commits.length), 'the log of a copy');
    history.checkState(env, collections, commits.length);
  } finally {
    env.close();
  }
}

function readLogs(folder: string): Map<string, Line[]> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.log'));
  return new Map(
    files.map((file) => {
      // Who is killed while it writes a line has not done yet what the line says.
      const lines = readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1);
      return [file.slice(0, -'.log'.length), lines.map((line) => JSON.parse(line) as Line)];
    }),
  );
}

class History {
  readonly commits: readonly Commit[];
  readonly tally: Tally = { commits: 0, reads: 0, attempts: 0, undone: 0, told: 0, copies: 0 };
  readonly #logs: ReadonlyMap<string, readonly Line[]>;
  /** By participant: the attempts that may have been committed, in order. */
  readonly #attempts = new Map<string, Attempt[]>();
  /** The states as of each commit. */
  readonly #states: States[] = [new Map()];

  constructor(commits: readonly Commit[], logs: ReadonlyMap<string, readonly Line[]>) {
    this.commits = commits;
    this.#logs = logs;
    this.tally.commits = commits.length;
    for (const [name, lines] of logs) {
      for (const { wrong } of lines) if (wrong !== undefined) throw new Wrong(`${name}: ${wrong}`);
      this.#attempts.set(
        name,
        attemptsOf(lines).filter(({ committed }) => committed !== null),
      );
    }
  }

  replayAll(): void {
    for (const [i, commit] of this.commits.entries()) {
      same(commit.tid, i + 1, 'the next commit of the log');
      const names = commit.changes.find(({ name }) => name === 'markers')?.markers ?? [];
      const attempts = names.map((name): [string, Attempt] => {
        const attempt = this.#attempts.get(name)?.shift();
        if (attempt === undefined) throw new Wrong(`${name} did not make commit ${commit.tid}`);
        if (typeof attempt.committed === 'number') same(commit.tid, attempt.committed, `the commit of ${name}`);
        return [name, attempt];
      });
      const replays = this.#inSomeOrder(commit, attempts, this.#states[i] as States);
      this.#states.push(replays.at(-1)?.states ?? (this.#states[i] as States));
      this.#checkChanges(commit, replays, i);
    }
    for (const [name, left] of this.#attempts) {
      for (const { attempt, committed } of left) {
        // Who was killed does not know of its last one.
        if (committed !== undefined)
          throw new Wrong(`the log does not have commit ${committed} of ${name} (${attempt})`);
      }
    }
  }

  /** Batches and optimistic transactions of one process may share a commit. They were applied one after the other, nobody says in which order. */
  #inSomeOrder(commit: Commit, attempts: readonly [string, Attempt][], states: States): Replay[] {
    let failure: unknown;
    for (const [i, [name, attempt]] of attempts.entries()) {
      try {
        const replay = this.#repeat(name, attempt, states, commit.tid);
        return [replay, ...this.#inSomeOrder(commit, attempts.toSpliced(i, 1), replay.states)];
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return [];
  }

  #repeat(name: string, { attempt, kind, base = 0, actions = [] }: Attempt, states: States, tid: number): Replay {
    const where = `commit ${tid}, ${kind} ${attempt} of ${name}`;
    if (kind === 'write') same(base, tid - 1, `${where}: what it sees`);
    if (kind === 'write' || kind === 'batch') return new Replay(states, tid, where).run(actions);
    const before = this.#states[base] as States;
    // What a serializable transaction has read is still so when it commits.
    if (kind === 'serializable') new Replay(states, undefined, `${where} on ${base}, at its end`).run(actions);
    return new Replay(before, undefined, where).run(actions).settle(before, states, tid);
  }

  /** Compares what the log says that a commit changed with what its attempts changed. */
  #checkChanges({ tid, changes }: Commit, replays: readonly Replay[], before: number): void {
    for (const name of NAMES) {
      const told = changes.find((change) => change.name === name);
      const is = (key: number, of: (replay: Replay) => ReadonlySet<string>) =>
        replays.some((replay) => of(replay).has(`${name}/${key}`));
      const keys = Array.from({ length: KEYS }, (_, key) => key);
      const changed = keys.filter((key) => is(key, (replay) => replay.changed));
      const isRange = replays.some(({ ranges }) => ranges.has(name));
      const isTold = told?.keys ?? told?.range ?? [];
      same(
        changed.filter((key) => !isTold.includes(key)),
        [],
        `what commit ${tid} leaves out of ${name}`,
      );
      if (isRange) continue;
      // A sweep, or a put in its place, deletes what has expired.
      const wasGone = (key: number) =>
        [before, tid].some((at) => this.#states[at]?.get(`${name}/${key}`)?.isGone === true);
      same(
        isTold.filter((key) => !changed.includes(key) && !wasGone(key)),
        [],
        `too much of ${name} in commit ${tid}`,
      );
    }
  }

  /** Compares what participants have seen, in order, with what was there. */
  checkLogs(): void {
    for (const [name, lines] of this.#logs) {
      let newest = 0;
      let told = 0;
      for (const line of lines) {
        const { read, isNew, attempt, base, actions = [], kind, tid, follow } = line;
        const sees = isNew === true ? read : kind === 'write' ? base : line.began;
        if (sees !== undefined && sees < newest) throw new Wrong(`${name} sees ${sees} after ${newest}`);
        newest = Math.max(newest, sees ?? 0, tid ?? 0, line.told ?? 0);
        if (read !== undefined) {
          this.tally.reads++;
          new Replay(this.#at(read, name), undefined, `${name} in snapshot ${read}`).run(actions);
        }
        if (attempt !== undefined && base !== undefined) {
          this.tally.attempts++;
          const own = kind === 'write' ? base + 1 : undefined;
          new Replay(this.#at(base, name), own, `${name}, attempt ${attempt} on ${base}`).run(actions);
        }
        if (line.outcome !== undefined && tid === undefined) this.tally.undone++;
        if (follow !== undefined) told = follow;
        if (line.told !== undefined) {
          this.tally.told++;
          const { nonce, changes } = line;
          same({ tid: line.told, nonce, changes }, this.commits[told++], `the next commit that ${name} is told`);
        }
      }
    }
  }

  checkEnded(name: string): void {
    if (this.#logs.get(name)?.at(-1)?.end !== true) throw new Wrong(`${name} did not come to its end`);
  }

  /** Compares what a database has with the states as of a commit. */
  checkState(env: Store['env'], collections: Store['collections'], tid: number): void {
    same(
      env.read((txn) => txn.tid),
      tid,
      'the last commit',
    );
    same(this.#states.length > tid, true, 'the log has the last commit');
    for (const name of NAMES) {
      const items = collections[name];
      for (let key = 0; key < KEYS; key++) {
        const state = this.#at(tid, name).get(`${name}/${key}`) as State | undefined;
        const wanted = state === undefined || state.isGone ? [0, null] : [state.tid, state.stamp];
        const encoded = keyOf(name, key);
        same([items.version(encoded), stampOf(name, items.get(encoded))], wanted, `${name}/${key} in the end`);
      }
    }
  }

  copies(): string[] {
    const copies = [...this.#logs.values()].flat().flatMap(({ copy }) => copy ?? []);
    this.tally.copies = copies.length;
    return copies;
  }

  #at(tid: number, name: string): States {
    const states = this.#states[tid];
    if (states === undefined) throw new Wrong(`${name} sees commit ${tid}, which the log does not have`);
    return states;
  }
}

/** An optimistic transaction is logged each time that it runs: the last one counts. */
function attemptsOf(lines: readonly Line[]): Attempt[] {
  const attempts = new Map<number, Attempt>();
  for (const line of lines) {
    if (line.attempt !== undefined) attempts.set(line.attempt, line as Attempt);
    const ended = line.outcome === undefined ? undefined : attempts.get(line.outcome);
    if (ended !== undefined) ended.committed = line.tid ?? null;
  }
  return [...attempts.values()];
}
