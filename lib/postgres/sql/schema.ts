/*
 * The schema of a store in PostgreSQL: what `install()` makes. docs/postgres.md says what is in each table.
 *
 * Nothing here needs a superuser, an advisory lock, an exported snapshot or LISTEN.
 */

/** The version of the schema. A store that was installed with another one is refused. */
export const SCHEMA_VERSION = 1;

/** The name of a schema as SQL has it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The statements that make the tables and functions of version 1. `schema`: quoted. */
export function schemaOf(schema: string): readonly string[] {
  return [...tablesOf(schema), commitFunction(schema), trimFunction(schema)];
}

function tablesOf(s: string): readonly string[] {
  return [
    // One row. `nonce`: that of the commit `tid`; `previous`: that of the one before. `history`: states are kept that commits after this one have overwritten. `log`: the commits after
    // this one are in the log of changes.
    `create table ${s}.head (
      one boolean primary key default true check (one),
      store text not null,
      version integer not null,
      epoch bigint not null default 1,
      tid bigint not null default 0,
      nonce text not null default '',
      previous text not null default '',
      history bigint not null default 0,
      log bigint not null default 0,
      trimmed timestamptz not null default now()
    ) with (fillfactor = 10)`,
    `create table ${s}.ids (last bigint not null) with (fillfactor = 10)`,
    `insert into ${s}.ids values (0)`,
    `create table ${s}.collection (
      number integer primary key generated always as identity,
      name text not null unique,
      key text not null,
      value json not null,
      flags integer not null
    )`,
    `create table ${s}.class (
      number integer primary key,
      row bytea not null
    )`,
    `create unique index class_row on ${s}.class (sha256(row))`,
    // `large`: the id of a value that is in pieces, in the place of `value`.
    `create table ${s}.record (
      collection integer not null,
      key bytea not null,
      tid bigint not null,
      value bytea,
      large uuid,
      primary key (collection, key)
    )`,
    `create table ${s}.history (
      collection integer not null,
      key bytea not null,
      tid bigint not null,
      next bigint not null,
      value bytea,
      large uuid,
      primary key (collection, key, tid)
    )`,
    `create index history_next on ${s}.history (next)`,
    `create table ${s}.piece (
      large uuid not null,
      number integer not null,
      bytes bytea not null,
      primary key (large, number)
    )`,
    // Values whose pieces are stored, and that no commit refers to yet.
    `create table ${s}.upload (
      large uuid primary key,
      started timestamptz not null default now()
    )`,
    // Values are seldom compressible, and pieces are read one by one.
    ...['record', 'history'].map((table) => `alter table ${s}.${table} alter column value set storage external`),
    `alter table ${s}.piece alter column bytes set storage external`,
    // A commit has changed the keys `keys[i]` of the collections `collections[i]`; one that has changed very many: keys from `lowers[i]` to `uppers[i]` of the
    // collections `ranges[i]`. Collections by name, since whoever reads the log may not know a new one.
    `create table ${s}.change (
      tid bigint primary key,
      nonce text not null,
      time timestamptz not null,
      id bytea not null unique,
      collections text[] not null,
      keys bytea[] not null,
      ranges text[] not null,
      lowers bytea[] not null,
      uppers bytea[] not null
    )`,
    // Who reads as of `oldest`, or of a commit after that, and was there at `seen`.
    `create table ${s}.session (
      id uuid primary key,
      seen timestamptz not null,
      oldest bigint
    )`,
  ];
}

/**
 * Commits, or says why not. The row of `head` is written first and locked until the end of the transaction. So one commit follows another, their numbers appear in
 * order, and whatever is compared is the newest there is; no two of them can wait for each other.
 *
 * Its statements are planned once for each connection (see connection/planned-once.ts): they find rows by their keys, and planning takes longer than that.
 *
 * `result`: 0 committed, as `committed`; 1 something has changed, `bad_reads` and `bad_ranges` are the places of what has; 2 the log of changes does not reach back to `base`; 3 there is no
 * commit `base`. What was committed now has the nonce of the commit before it as `before`; it is null if the same was committed before. `moment`: the time of the commit, in ms.
 */
function commitFunction(s: string): string {
  return `create function ${s}.commit(
    id_ bytea, nonce_ text, base bigint,
    read_collections integer[], read_keys bytea[], read_tids bigint[],
    range_names text[], range_lowers bytea[], range_uppers bytea[],
    collections_ integer[], names text[], keys_ bytea[], values_ bytea[], larges uuid[], deletes integer, uploads integer,
    log_ranges text[], log_lowers bytea[], log_uppers bytea[],
    out result integer, out committed bigint, out before text, out epoch bigint, out history bigint, out moment bigint,
    out bad_reads integer[], out bad_ranges integer[]
  ) language plpgsql as $body$
  declare
    first bigint;
    uploaded integer;
    made timestamptz;
  begin
    update ${s}.head h set tid = h.tid + 1, nonce = nonce_, previous = h.nonce where h.one
      returning h.tid, h.previous, h.log, h.epoch, h.history into committed, before, first, epoch, history;
    if base >= committed then
      result := 3;
    elsif base < first then
      result := 2;
    else
      if cardinality(read_keys) > 0 then
        select array_agg(r.place::integer order by r.place) into bad_reads
          from unnest(read_collections, read_keys, read_tids) with ordinality r (collection, key, tid, place)
          left join ${s}.record d on d.collection = r.collection and d.key = r.key
          where coalesce(d.tid, 0) <> r.tid;
      end if;
      if cardinality(range_names) > 0 and committed > base + 1 then
        select array_agg(distinct r.place::integer) into bad_ranges
          from unnest(range_names, range_lowers, range_uppers) with ordinality r (collection, lower, upper, place)
          join ${s}.change c on c.tid > base
          where exists (
            select from unnest(c.collections, c.keys) k (collection, key)
              where k.collection = r.collection and k.key >= r.lower and (r.upper is null or k.key < r.upper)
          ) or exists (
            select from unnest(c.ranges, c.lowers, c.uppers) g (collection, lower, upper)
              where g.collection = r.collection and g.upper >= r.lower and (r.upper is null or g.lower < r.upper)
          );
      end if;
      result := case when bad_reads is null and bad_ranges is null then 0 else 1 end;
    end if;
    if result = 0 then
      made := clock_timestamp();
      insert into ${s}.change (tid, nonce, time, id, collections, keys, ranges, lowers, uppers)
        values (
          committed, nonce_, made, id_,
          case when cardinality(log_ranges) = 0 then names else '{}' end,
          case when cardinality(log_ranges) = 0 then keys_ else '{}' end,
          log_ranges, log_lowers, log_uppers
        )
        on conflict (id) do nothing;
    end if;
    if result <> 0 or not found then
      update ${s}.head h set tid = h.tid - 1, nonce = h.previous where h.one;
      before := null;
      -- What was committed before has changed itself what it has read.
      select c.tid into committed from ${s}.change c where c.id = id_;
      if found then
        result := 0;
      end if;
      return;
    end if;
    moment := floor(extract(epoch from made) * 1000);
    if uploads > 0 then
      delete from ${s}.upload u using unnest(larges) w (large) where u.large = w.large;
      get diagnostics uploaded = row_count;
      if uploaded < uploads then
        raise exception 'the pieces of a large value are gone' using errcode = 'LH001';
      end if;
    end if;
    insert into ${s}.history (collection, key, tid, next, value, large)
      select d.collection, d.key, d.tid, committed, d.value, d.large
        from unnest(collections_, keys_) w (collection, key)
        join ${s}.record d on d.collection = w.collection and d.key = w.key;
    if deletes > 0 then
      delete from ${s}.record d
        using unnest(collections_, keys_, values_, larges) w (collection, key, value, large)
        where w.value is null and w.large is null and d.collection = w.collection and d.key = w.key;
    end if;
    if deletes < cardinality(keys_) then
      insert into ${s}.record (collection, key, tid, value, large)
        select w.collection, w.key, committed, w.value, w.large
          from unnest(collections_, keys_, values_, larges) w (collection, key, value, large)
          where w.value is not null or w.large is not null
        on conflict (collection, key) do update set tid = excluded.tid, value = excluded.value, large = excluded.large;
    end if;
  end
  $body$`;
}

/**
 * Says which states and commits are not kept any more. While it looks who holds what, nobody else can begin to hold: who does so after that is told what is gone.
 */
function trimFunction(s: string): string {
  return `create function ${s}.trim(history_seconds double precision, log_seconds double precision, session_seconds double precision) returns void
  language plpgsql set lock_timeout = '1s' as $body$
  begin
    if not exists (select from ${s}.head h where h.trimmed < now() - interval '10 seconds') then
      return;
    end if;
    lock table ${s}.session in share mode;
    update ${s}.head h set trimmed = now(),
      history = greatest(h.history, least(h.tid,
        coalesce((select max(c.tid) from ${s}.change c where c.time < now() - make_interval(secs => history_seconds)), 0),
        (select min(n.oldest) from ${s}.session n where n.seen > now() - make_interval(secs => session_seconds)))),
      log = greatest(h.log, least(h.tid - 1,
        coalesce((select max(c.tid) from ${s}.change c where c.time < now() - make_interval(secs => log_seconds)), 0)));
  end
  $body$`;
}
