import type { SqlAddress, SqlConnection } from './connection/sql-client.ts';
import { errorOf, notInstalled } from './errors.ts';
import { quoted, SCHEMA_VERSION } from './sql/schema.ts';

/** What a check has found. */
export interface StoreCheck {
  /** What is wrong, each with how often. */
  readonly problems: readonly string[];
  /** What is not wrong, and may not be what is wanted. */
  readonly warnings: readonly string[];
  readonly commits: number;
  readonly records: number;
  readonly oldStates: number;
}

interface Rule {
  /** What it means if the statement gives a number above 0. */
  readonly problem: string;
  readonly text: string;
}

function rulesOf(s: string): readonly Rule[] {
  const states = `(select collection, key, tid, value, large from ${s}.record union all select collection, key, tid, value, large from ${s}.history)`;
  return [
    {
      problem: 'states are of commits that do not exist',
      text: `select count(*) from ${states} x, ${s}.head h where x.tid < 1 or x.tid > h.tid`,
    },
    {
      problem: 'states have no value, or two',
      text: `select count(*) from ${states} x where (x.value is null) = (x.large is null)`,
    },
    {
      problem: 'states are of collections that do not exist',
      text: `select count(*) from ${states} x where not exists (select from ${s}.collection c where c.number = x.collection)`,
    },
    {
      problem: 'overwritten states end before they begin, or later than the state that follows',
      text: `select count(*) from (
        select tid, next, lead(tid) over (partition by collection, key order by tid) as later from ${s}.history
      ) x where x.next <= x.tid or x.next > x.later`,
    },
    {
      problem: 'overwritten states end later than the newest state begins',
      text: `select count(*) from ${s}.history x join ${s}.record d using (collection, key) where x.next > d.tid`,
    },
    {
      problem: 'commits are missing in the log of changes, or are there that do not exist',
      text: `select abs(h.tid - h.log - (select count(*) from ${s}.change c where c.tid > h.log))
        + (select count(*) from ${s}.change c where c.tid > h.tid) from ${s}.head h`,
    },
    {
      problem: 'large values lack pieces',
      text: `select count(*) from ${states} x where x.large is not null and not exists (
        select from ${s}.piece p where p.large = x.large having count(*) = max(p.number) + 1 and min(p.number) = 0
      )`,
    },
    {
      problem: 'large values have pieces that nothing refers to',
      text: `select count(distinct p.large) from ${s}.piece p
        where not exists (select from ${states} x where x.large = p.large)
        and not exists (select from ${s}.upload u where u.large = p.large)`,
    },
  ];
}

/** Looks whether what is in the tables of a store fits together, as of one moment. `ERR_STORE_NOT_INSTALLED`, and what connecting throws. */
export async function checkStore(
  address: SqlAddress,
  schema: string,
  connect: (address: SqlAddress) => Promise<SqlConnection>,
): Promise<StoreCheck> {
  const s = quoted(schema);
  let connection: SqlConnection | undefined;
  try {
    connection = await connect(address);
    const found = connection;
    let count = 0;
    const one = async (text: string): Promise<readonly unknown[]> => {
      const [row] = await found.query({ name: `leasehold check ${++count}`, text }, []);
      return row ?? [];
    };
    await connection.run('begin transaction isolation level repeatable read read only');
    const [version, tid] = await one(`select version, tid from ${s}.head`);
    if (version === undefined) throw notInstalled(address.text);
    const problems: string[] = [];
    if (version !== SCHEMA_VERSION)
      problems.push(`the schema is version ${version}, and this leasehold knows ${SCHEMA_VERSION}`);
    for (const { problem, text } of rulesOf(s)) {
      const [number] = await one(text);
      if ((number as number) > 0) problems.push(`${problem}: ${number}`);
    }
    const [records, oldStates] = await one(
      `select (select count(*) from ${s}.record), (select count(*) from ${s}.history)`,
    );
    const warnings: string[] = [];
    for (const [setting, wanted] of [
      ['fsync', 'on'],
      ['full_page_writes', 'on'],
      ['synchronous_commit', 'on'],
    ] as const) {
      const [is] = await one(`select current_setting('${setting}')`);
      if (is !== wanted) warnings.push(`${setting} is ${is}: a power failure can take back commits, or damage them`);
    }
    return { problems, warnings, commits: tid as number, records: records as number, oldStates: oldStates as number };
  } catch (cause) {
    throw errorOf(cause, address.text);
  } finally {
    connection?.end();
  }
}
