/** A statement that is sent often: the server prepares it once for each connection, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Which keys a range has: from `lower` on, and before `upper` if that is there. */
type RangeForm = 'bounded' | 'open';

/** The statements of an engine, for one schema. */
export interface Statements {
  readonly hello: Statement;
  readonly poll: Statement;
  readonly load: Statement;
  readonly loadAt: Statement;
  readonly pieces: Statement;
  readonly range: { readonly [Form in RangeForm]: { readonly forward: Statement; readonly reverse: Statement } };
  readonly count: { readonly [Form in RangeForm]: Statement };
  readonly commit: Statement;
  /** The same, and the answer does not wait for the disk: `flush` does. */
  readonly commitUnflushed: Statement;
  readonly flush: Statement;
  readonly claim: Statement;
  readonly collections: Statement;
  readonly findCollection: Statement;
  readonly makeCollection: Statement;
  readonly classes: Statement;
  readonly addClass: Statement;
  readonly heartbeat: Statement;
  readonly endSession: Statement;
  readonly upload: Statement;
  readonly piece: Statement;
  readonly dropUpload: Statement;
  readonly sizeOfPieces: Statement;
  readonly trim: Statement;
  readonly trimHistory: Statement;
  readonly trimLog: Statement;
  readonly trimUploads: Statement;
  readonly notify: Statement;
}

/** `schema`: quoted. */
export function statementsOf(schema: string): Statements {
  const s = schema;
  const commit = `${s}.commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`;
  let count = 0;
  const named = (text: string): Statement => ({ name: `leasehold ${++count} ${s}`.slice(0, 63), text });
  const range = (form: RangeForm) => ({ forward: named(rangeText(s, form, '')), reverse: named(rangeText(s, form, 'desc')) });
  return {
    // $1, $2: see `poll`.
    hello: named(
      `select h.store, h.version, h.epoch, h.tid, h.history, h.log, pg_is_in_recovery(),
        (select c.nonce from ${s}.change c where c.tid = $1), (select c.nonce from ${s}.change c where c.tid = h.tid)
       from ${s}.head h`,
    ),
    // $1: the commit that was told last; $2: how many rows at most. One row at least.
    poll: named(
      `select h.tid, h.history, h.log, h.epoch, pg_is_in_recovery(),
        (select b.nonce from ${s}.change b where b.tid = $1), (select n.nonce from ${s}.change n where n.tid = h.tid),
        c.tid, c.nonce, floor(extract(epoch from c.time) * 1000)::bigint, c.id, c.collections, c.keys, c.ranges, c.lowers, c.uppers
       from ${s}.head h
       left join lateral (select * from ${s}.change where tid > $1 order by tid limit $2) c on true
       order by c.tid`,
    ),
    // The newest states of keys: $1 collections, $2 keys.
    load: named(
      `select h.tid, h.history, k.place::integer, d.tid, d.value, d.large
       from ${s}.head h
       cross join unnest($1::integer[], $2::bytea[]) with ordinality k (collection, key, place)
       left join ${s}.record d on d.collection = k.collection and d.key = k.key`,
    ),
    // The same as of the commit $3, and the next change after that.
    loadAt: named(
      `select h.tid, h.history, k.place::integer, f.tid, f.value, f.large,
        least(d.tid, (select min(x.tid) from ${s}.history x where x.collection = k.collection and x.key = k.key and x.tid > $3), f.next)
       from ${s}.head h
       cross join unnest($1::integer[], $2::bytea[]) with ordinality k (collection, key, place)
       left join ${s}.record d on d.collection = k.collection and d.key = k.key and d.tid > $3
       left join lateral (
         select r.tid, null::bigint as next, r.value, r.large from ${s}.record r
           where r.collection = k.collection and r.key = k.key and r.tid <= $3
         union all
         select x.tid, x.next, x.value, x.large from ${s}.history x
           where x.collection = k.collection and x.key = k.key and x.tid <= $3 and x.next > $3
         limit 1
       ) f on true`,
    ),
    sizeOfPieces: named(`select sum(octet_length(bytes)) from ${s}.piece where large = $1`),
    // $2: the number of the first piece; $3: how many.
    pieces: named(`select bytes from ${s}.piece where large = $1 and number >= $2 order by number limit $3`),
    range: { bounded: range('bounded'), open: range('open') },
    count: { bounded: named(countText(s, 'bounded')), open: named(countText(s, 'open')) },
    commit: named(`select * from ${commit}`),
    commitUnflushed: named(`select c.*, set_config('synchronous_commit', 'off', true) from ${commit} c`),
    flush: named(`select pg_logical_emit_message(true, 'leasehold', '')`),
    claim: named(`update ${s}.ids set last = last + $1 returning last`),
    collections: named(`select name from ${s}.collection order by name collate "C"`),
    findCollection: named(`select number, key, value::text, flags from ${s}.collection where name = $1`),
    makeCollection: named(
      `insert into ${s}.collection (name, key, value, flags) values ($1, $2, $3, $4) on conflict (name) do nothing`,
    ),
    classes: named(`select number, row from ${s}.class order by number`),
    addClass: named(
      `with added as (insert into ${s}.class (row) values ($1::bytea) on conflict do nothing returning number)
       select number from added union all select number from ${s}.class where sha256(row) = sha256($1) limit 1`,
    ),
    // $1 the session, $2 the oldest commit as of which it reads.
    heartbeat: named(
      `with beat as (
         insert into ${s}.session (id, seen, oldest) values ($1, now(), $2)
         on conflict (id) do update set seen = excluded.seen, oldest = excluded.oldest
       ) select tid, history from ${s}.head`,
    ),
    endSession: named(`delete from ${s}.session where id = $1`),
    upload: named(`insert into ${s}.upload (large) values ($1)`),
    piece: named(`insert into ${s}.piece (large, number, bytes) values ($1, $2, $3) on conflict (large, number) do nothing`),
    dropUpload: named(
      `with gone as (delete from ${s}.upload where large = $1 returning large)
       delete from ${s}.piece p using gone where p.large = gone.large`,
    ),
    // $1: for how many seconds states are kept that nobody holds; $2: the log of changes; $3: after how many seconds a session that says nothing counts as ended.
    trim: named(
      `update ${s}.head h set trimmed = now(),
         history = greatest(h.history, least(h.tid,
           coalesce((select max(c.tid) from ${s}.change c where c.time < now() - make_interval(secs => $1)), 0),
           (select min(n.oldest) from ${s}.session n where n.seen > now() - make_interval(secs => $3)))),
         log = greatest(h.log, least(h.tid - 1, coalesce((select max(c.tid) from ${s}.change c where c.time < now() - make_interval(secs => $2)), 0)))
       where h.trimmed < now() - make_interval(secs => 10)`,
    ),
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
    trimLog: named(`delete from ${s}.change where tid in (select tid from ${s}.change where tid <= (select log from ${s}.head) order by tid limit $1)`),
    // Values that were sent by who did not commit, and sessions that ended without saying so.
    trimUploads: named(
      `with sessions as (delete from ${s}.session where seen < now() - interval '1 day'),
       gone as (delete from ${s}.upload where started < now() - interval '1 day' returning large)
       delete from ${s}.piece p using gone where p.large = gone.large`,
    ),
    notify: named(`select pg_notify($1, $2)`),
  };
}

/** $1 collection, $2 lower, $3 the commit, $4 how many rows at most, $5 how many bytes, unless one row has more, $6 upper. */
function rangeText(s: string, form: RangeForm, order: '' | 'desc'): string {
  const keys = `collection = $1 and key >= $2${form === 'bounded' ? ' and key < $6' : ''}`;
  const from = (table: string, when: string) =>
    `(select key, tid, value, large from ${s}.${table} where ${keys} and ${when} order by key ${order} limit $4)`;
  return `select h.tid, h.history, r.key, r.tid, r.value, r.large, r.found
    from ${s}.head h
    left join lateral (
      select m.*, count(*) over () as found,
        sum(octet_length(m.key) + coalesce(octet_length(m.value), 0)) over (order by m.key ${order} rows between unbounded preceding and 1 preceding) as before
      from (
        select * from (${from('record', 'tid <= $3')} union all ${from('history', 'tid <= $3 and next > $3')}) both_ order by key ${order} limit $4
      ) m
    ) r on r.before is null or r.before < $5
    order by r.key ${order}`;
}

/** $1 collection, $2 lower, $3 the commit, $4 upper. */
function countText(s: string, form: RangeForm): string {
  const keys = `collection = $1 and key >= $2${form === 'bounded' ? ' and key < $4' : ''}`;
  return `select h.tid, h.history,
      (select count(*) from ${s}.record where ${keys} and tid <= $3) + (select count(*) from ${s}.history where ${keys} and tid <= $3 and next > $3)
    from ${s}.head h`;
}
