import type { PostgresServer } from '../../support/postgres.ts';

/*
 * Compares what the processes of client.mjs have said with the commits that are there.
 */

/** A line of a process. */
export interface Told {
  ready?: true;
  /** One round of a worker. */
  did?: string;
  /** The transaction with this id was committed, and has written this number. */
  acknowledged?: string;
  kind?: 'records' | 'objects';
  n?: number;
  /** The transaction with this id has failed. */
  failed?: string;
  code?: string;
  /** As of this commit, `n` was read of the pair, or of a filler. */
  saw?: number;
  filler?: string;
  /** It was told that the store has another history. */
  lost?: string;
  done?: {
    begun: number;
    settled: number;
    iterations: number;
    lost: number;
    errors: { [name: string]: number };
    cache: { hits: number };
  };
  hangs?: string[];
  wrong?: string;
  cause?: string;
}

interface Commit {
  readonly id: string;
  readonly tid: number;
  readonly n: number;
  readonly filler: string;
}

/** How a process names its transactions, in the keys of what they write. */
const ID = /c\d+\.\d+\.\d+/;

/** The commits of a store, or of a copy that was given up. */
export class History {
  readonly #nonces: ReadonlyMap<number, string>;
  readonly #byId: ReadonlyMap<string, Commit>;
  /** The ids of transactions that have changed objects, each with its commit. */
  readonly #objects = new Map<string, number>();
  /** For the pair ('') and each filler: which commits have changed it, and what it was then. */
  readonly #states = new Map<string, { readonly tids: number[]; readonly numbers: number[] }>();

  /** Reads it from a server with the superuser's statements. */
  constructor(server: PostgresServer) {
    const rows = (text: string): string[][] =>
      server
        .sql(`set search_path to leasehold; ${text}`)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('|'));
    this.#nonces = new Map(
      rows('select tid, nonce from change').map(([tid, nonce]) => [Number(tid), nonce as string] as const),
    );
    const states = rows(
      `select c.name, r.tid, encode(r.key, 'hex'), case when c.name = 'log' then convert_from(r.value, 'utf8') end
       from record r join collection c on c.number = r.collection where c.name not in ('left', 'right', 'fillers') order by r.tid`,
    );
    const commits: Commit[] = [];
    for (const [name, tid, key, value] of states as [string, string, string, string][]) {
      const [id] = ID.exec(Buffer.from(key, 'hex').toString('latin1')) ?? [];
      if (id === undefined) continue;
      if (name === 'log') commits.push({ id, tid: Number(tid), ...JSON.parse(value) });
      else this.#objects.set(id, Number(tid));
    }
    this.#byId = new Map(commits.map((commit) => [commit.id, commit]));
    this.#add('', 0, 0);
    for (const { tid, n, filler } of commits) {
      this.#add('', tid, n);
      this.#add(filler, tid, n);
    }
  }

  /** How many transactions have changed the pair. */
  get size(): number {
    return this.#byId.size;
  }

  /** The commit that a transaction has made. */
  tidOf(id: string): number | undefined {
    return this.#byId.get(id)?.tid ?? this.#objects.get(id);
  }

  /** The last commit that it has in common with another history. */
  forkFrom(other: History): number {
    let fork = 0;
    for (const [tid, nonce] of this.#nonces) if (other.#nonces.get(tid) === nonce && tid > fork) fork = tid;
    return fork;
  }

  /** Whether the commits have been made one after the other, each on what the one before has written. */
  problems(): string[] {
    let before = 0;
    const found: string[] = [];
    for (const { id, n } of this.#byId.values()) {
      if (n !== before + 1) found.push(`the commit ${id} has written ${n} after ${before}`);
      before = n;
    }
    return found;
  }

  /** What the pair, or a filler, was as of a commit. */
  at(name: string, tid: number): number {
    const states = this.#states.get(name);
    if (states === undefined) return 0;
    let [low, high] = [0, states.tids.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((states.tids[middle] as number) <= tid) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (states.numbers[low - 1] as number);
  }

  #add(name: string, tid: number, n: number): void {
    const states = this.#states.get(name) ?? { tids: [], numbers: [] };
    this.#states.set(name, states);
    states.tids.push(tid);
    states.numbers.push(n);
  }
}

/** What the processes have said, in the order in which each has. */
export interface Verdict {
  readonly acknowledged: number;
  readonly observations: number;
  /** Acknowledged commits that were not there any more when a copy had been restored, or a standby promoted that did not have them. */
  readonly excepted: number;
  readonly problems: readonly string[];
}

/** `given up`: copies whose place another one has taken, in order. Each history goes on from a commit that it has in common with the one before. */
export function judge(told: readonly Told[], final: History, givenUp: readonly History[]): Verdict {
  const histories = [...givenUp, final];
  const forks = givenUp.map((history, i) => history.forkFrom(histories[i + 1] as History));
  const problems = histories.flatMap((history) => history.problems());
  const isExcepted = (id: string): boolean =>
    givenUp.some((history, i) => (history.tidOf(id) ?? 0) > (forks[i] as number));
  let [acknowledged, observations, excepted] = [0, 0, 0];
  for (const { acknowledged: id, failed, code, saw, filler = '', n = 0, wrong, cause, hangs } of told) {
    if (wrong !== undefined) problems.push(`${wrong} (${cause})`);
    if (hangs !== undefined) problems.push(`hangs: ${hangs.join(', ')}`);
    if (id !== undefined) {
      acknowledged++;
      if (final.tidOf(id) !== undefined) continue;
      if (isExcepted(id)) excepted++;
      else problems.push(`the commit ${id} was acknowledged, and is lost`);
    }
    if (failed !== undefined && code !== 'ERR_OUTCOME_UNKNOWN') {
      if (histories.some((history) => history.tidOf(failed) !== undefined))
        problems.push(`the commit ${failed} has failed with ${code}, and was made`);
    }
    if (saw !== undefined) {
      observations++;
      if (histories.some((history) => history.at(filler, saw) === n)) continue;
      const truth = histories.map((history) => history.at(filler, saw)).join(' or ');
      problems.push(`as of ${saw}, ${filler === '' ? 'the pair' : filler} was read as ${n}, and was ${truth}`);
    }
  }
  return { acknowledged, observations, excepted, problems };
}
