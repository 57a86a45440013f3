import type { Named, Statement } from './statement.ts';

/** What commits, and what comes before and after that. */
export interface WritingStatements {
  readonly commit: Statement;
  /** The same, and the answer does not wait for the disk: `flush` does. */
  readonly commitUnflushed: Statement;
  /** Nobody commits until the transaction in which this is asked has ended. Gives the newest commit. */
  readonly lock: Statement;
  readonly flush: Statement;
  readonly notify: Statement;
  readonly claim: Statement;
  readonly makeCollection: Statement;
  readonly addClass: Statement;
  readonly upload: Statement;
  readonly piece: Statement;
  readonly dropUpload: Statement;
}

export function writingStatements(s: string, named: Named): WritingStatements {
  const commit = `${s}.commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`;
  return {
    // One row, as text: for a client, each column is work. See `commit` in schema.ts, and commit.ts.
    commit: named(`select ${commit}::text`),
    commitUnflushed: named(`select ${commit}::text, set_config('synchronous_commit', 'off', true)`),
    lock: named(`select tid from ${s}.head where one for update`),
    // $1: the ids of commits. Gives those that are there, which are on the disk then.
    flush: named(
      `select array(select c.id from ${s}.change c where c.id = any($1::bytea[])), pg_logical_emit_message(true, 'leasehold', '')`,
    ),
    // $1: the channel; $2: from whom. With the newest commit.
    notify: named(`select pg_notify($1, $2 || ' ' || tid) from ${s}.head where one`),
    claim: named(`update ${s}.ids set last = last + $1 returning last`),
    makeCollection: named(
      `insert into ${s}.collection (name, key, value, flags) values ($1, $2, $3, $4) on conflict (name) do nothing`,
    ),
    // Classes have the numbers 1, 2, 3, …
    addClass: named(
      `with known as (select number from ${s}.class where sha256(row) = sha256($1)),
       added as (
         insert into ${s}.class (number, row)
         select coalesce((select max(number) from ${s}.class), 0) + 1, $1::bytea where not exists (select from known)
         on conflict do nothing returning number
       )
       select number from added union all select number from known`,
    ),
    upload: named(`insert into ${s}.upload (large) values ($1) on conflict do nothing`),
    piece: named(
      `insert into ${s}.piece (large, number, bytes) values ($1, $2, $3) on conflict (large, number) do nothing`,
    ),
    dropUpload: named(
      `with gone as (delete from ${s}.upload where large = $1 returning large)
       delete from ${s}.piece p using gone where p.large = gone.large`,
    ),
  };
}
