import type { Named, Statement } from './statement.ts';

/** What says which states are needed, and what throws away those that are not. */
export interface KeepingStatements {
  readonly heartbeat: Statement;
  readonly endSession: Statement;
  readonly trim: Statement;
  readonly trimHistory: Statement;
  readonly trimLog: Statement;
  readonly trimUploads: Statement;
}

export function keepingStatements(s: string, named: Named): KeepingStatements {
  return {
    // $1 the session, $2 the oldest commit as of which it reads.
    heartbeat: named(
      `with beat as (
         insert into ${s}.session (id, seen, oldest) values ($1, now(), $2)
         on conflict (id) do update set seen = excluded.seen, oldest = excluded.oldest
       ) select tid, history from ${s}.head`,
    ),
    endSession: named(`delete from ${s}.session where id = $1`),
    // $1: for how many seconds states are kept that nobody holds; $2: the log of changes; $3: after how many seconds a session that says nothing counts as ended.
    trim: named(`select ${s}.trim($1, $2, $3)`),
    // At most $1 states that nobody can read any more, with their pieces.
    trimHistory: named(
      `with gone as (
         delete from ${s}.history x using (
           select collection, key, tid from ${s}.history where next <= (select history from ${s}.head) limit $1
         ) y where x.collection = y.collection and x.key = y.key and x.tid = y.tid returning x.large
       ), pieces as (
         delete from ${s}.piece p using gone where p.large = gone.large
       ) select count(*) from gone`,
    ),
    trimLog: named(
      `delete from ${s}.change where tid in (select tid from ${s}.change where tid <= (select log from ${s}.head) order by tid limit $1)`,
    ),
    // Values that were sent by who did not commit, and sessions that ended without saying so.
    trimUploads: named(
      `with sessions as (delete from ${s}.session where seen < now() - interval '1 day'),
       gone as (delete from ${s}.upload where started < now() - interval '1 day' returning large)
       delete from ${s}.piece p using gone where p.large = gone.large`,
    ),
  };
}
