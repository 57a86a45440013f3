import type { Named, Statement } from './statement.ts';

/** Which keys a range has: from `lower` on, and before `upper` if that is there. */
type RangeForm = 'bounded' | 'open';

/** What reads states, and the log of changes. */
export interface ReadingStatements {
  readonly hello: Statement;
  readonly poll: Statement;
  readonly loadOne: Statement;
  readonly loadKeys: Statement;
  readonly load: Statement;
  readonly loadAt: Statement;
  readonly sizeOfPieces: Statement;
  readonly pieces: Statement;
  readonly range: { readonly [Form in RangeForm]: { readonly forward: Statement; readonly reverse: Statement } };
  readonly count: { readonly [Form in RangeForm]: Statement };
  readonly info: Statement;
  readonly collections: Statement;
  readonly findCollection: Statement;
  readonly classes: Statement;
}

/*
 * What reads states as of a commit has the commit that was told last as its last parameter, and its first column says, as the text of a row: the newest commit of the server, the oldest one that
 * is kept, and the nonce of the commit that was told last, or of the server's newest one if that is older. By the nonce another history is noticed; it is null if the log has it no more.
 * It is one column since a client takes time for each: see answer.ts.
 *
 * The row of `head` is asked for by `h.one`, since the connections forbid the server to read whole tables: see connection/planned-once.ts.
 */

export function readingStatements(s: string, named: Named): ReadingStatements {
  const range = (form: RangeForm) => ({
    forward: named(rangeText(s, form, '')),
    reverse: named(rangeText(s, form, 'desc')),
  });
  return {
    // $1, $2: see `poll`.
    hello: named(
      `select h.store, h.version, h.epoch, h.tid, h.history, h.log, pg_is_in_recovery(),
        (select c.nonce from ${s}.change c where c.tid = $1), h.nonce
       from ${s}.head h where h.one`,
    ),
    // $1: the commit that was told last; $2: how many rows at most. One row at least.
    poll: named(
      `select h.tid, h.history, h.log, h.epoch, pg_is_in_recovery(),
        (select b.nonce from ${s}.change b where b.tid = $1), h.nonce,
        c.tid, c.nonce, floor(extract(epoch from c.time) * 1000)::bigint, c.id, c.collections, c.keys, c.ranges, c.lowers, c.uppers
       from ${s}.head h
       left join lateral (select * from ${s}.change where tid > $1 order by tid limit $2) c on true
       where h.one
       order by c.tid`,
    ),
    // The newest state of a key: $1 collection, $2 key. The first column goes on with the commit that wrote it, and the id of its pieces.
    loadOne: named(
      `select ${says(s, 3, 'd.tid, d.large')}, d.value
       from ${s}.head h left join ${s}.record d on d.collection = $1 and d.key = $2 where h.one`,
    ),
    // Those of keys of one collection, as far as they are there: $1 collection, $2 keys. One row, in which the keys, in hexadecimal digits, and the values are put together: for a client, each
    // row and column is work. Values that are longer than $3, or in pieces, have the size -1 and are to be asked for otherwise. The server finds the rows in half the time of `load`.
    loadKeys: named(
      `select ${says(s, 4)}, encode(d.keys, 'hex'), d.key_sizes, d.tids, d.sizes, d.values_
       from ${s}.head h cross join lateral (
         select string_agg(r.key, '') as keys, array_agg(octet_length(r.key)) as key_sizes, array_agg(r.tid) as tids,
           array_agg(case when octet_length(r.value) <= $3 then octet_length(r.value) else -1 end) as sizes,
           string_agg(case when octet_length(r.value) <= $3 then r.value end, '') as values_
         from ${s}.record r where r.collection = $1 and r.key = any($2::bytea[])
       ) d where h.one`,
    ),
    // Those of keys of several collections: $1 collections, $2 keys.
    load: named(
      `select ${says(s, 3)}, k.place::integer, d.tid, d.value, d.large
       from ${s}.head h
       cross join unnest($1::integer[], $2::bytea[]) with ordinality k (collection, key, place)
       left join ${s}.record d on d.collection = k.collection and d.key = k.key
       where h.one`,
    ),
    // The same as of the commit $3, and the next change after that.
    loadAt: named(
      `select ${says(s, 4)}, k.place::integer, f.tid, f.value, f.large,
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
       ) f on true
       where h.one`,
    ),
    sizeOfPieces: named(`select sum(octet_length(bytes)) from ${s}.piece where large = $1`),
    // $2: the number of the first piece; $3: how many.
    pieces: named(`select bytes from ${s}.piece where large = $1 and number >= $2 order by number limit $3`),
    range: { bounded: range('bounded'), open: range('open') },
    count: { bounded: named(countText(s, 'bounded')), open: named(countText(s, 'open')) },
    info: named(
      `select h.tid, h.epoch, h.history, h.log,
        (select sum(pg_total_relation_size(c.oid))::bigint from pg_class c where c.relnamespace = '${s}'::regnamespace and c.relkind = 'r'),
        current_setting('server_version')
       from ${s}.head h where h.one`,
    ),
    collections: named(`select name from ${s}.collection order by name collate "C"`),
    findCollection: named(`select number, key, value::text, flags from ${s}.collection where name = $1`),
    classes: named(`select number, row from ${s}.class order by number`),
  };
}

/** The first column, with `more` behind. `told`: the number of the last parameter. */
function says(s: string, told: number, more?: string): string {
  const nonce = `case when h.tid <= $${told}::bigint then h.nonce else (select n.nonce from ${s}.change n where n.tid = $${told}::bigint) end`;
  return `(h.tid, h.history, ${nonce}${more === undefined ? '' : `, ${more}`})::text`;
}

/** $1 collection, $2 lower, $3 the commit, $4 how many rows at most, $5 how many bytes, unless one row has more, $6 upper. */
function rangeText(s: string, form: RangeForm, order: '' | 'desc'): string {
  const keys = `collection = $1 and key >= $2${form === 'bounded' ? ' and key < $6' : ''}`;
  const from = (table: string, when: string) =>
    `(select key, tid, value, large from ${s}.${table} where ${keys} and ${when} order by key ${order} limit $4)`;
  return `select ${says(s, form === 'bounded' ? 7 : 6)}, r.key, r.tid, r.value, r.large, r.found
    from ${s}.head h
    left join lateral (
      select m.*, count(*) over () as found,
        sum(octet_length(m.key) + coalesce(octet_length(m.value), 0)) over (order by m.key ${order} rows between unbounded preceding and 1 preceding) as before
      from (
        select * from (${from('record', 'tid <= $3')} union all ${from('history', 'tid <= $3 and next > $3')}) both_ order by key ${order} limit $4
      ) m
    ) r on r.before is null or r.before < $5
    where h.one
    order by r.key ${order}`;
}

/** $1 collection, $2 lower, $3 the commit, $4 upper. */
function countText(s: string, form: RangeForm): string {
  const keys = `collection = $1 and key >= $2${form === 'bounded' ? ' and key < $4' : ''}`;
  return `select ${says(s, form === 'bounded' ? 5 : 4)},
      (select count(*) from ${s}.record where ${keys} and tid <= $3) + (select count(*) from ${s}.history where ${keys} and tid <= $3 and next > $3)
    from ${s}.head h where h.one`;
}
