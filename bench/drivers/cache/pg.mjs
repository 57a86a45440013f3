// PostgreSQL by `pg` alone: prepared statements on a plain table.
import pg from 'pg';
import { keyOf, textOf } from '../../harness/network.mjs';

const GET = { name: 'get', text: 'select value from rows where key = $1' };
const GET_MANY = { name: 'get-many', text: 'select key, value from rows where key = any($1::bytea[])' };
const PUT = {
  name: 'put',
  text: 'insert into rows (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value',
};
const PUT_MANY = {
  name: 'put-many',
  text: `insert into rows (key, value) select * from unnest($1::bytea[], $2::bytea[])
    on conflict (key) do update set value = excluded.value`,
};

export async function connectPg(socket) {
  const client = new pg.Client({ host: socket, user: 'bench', database: 'postgres' });
  await client.connect();
  return client;
}

export async function client({ postgres }) {
  const connection = await connectPg(postgres);
  const ask = (statement, values) => connection.query({ ...statement, values, rowMode: 'array' });
  return {
    get: async (key) => (await ask(GET, [Buffer.from(key)])).rows[0][0],
    async getMany(keys) {
      const wanted = keys.map((key) => Buffer.from(key));
      return (await ask(GET_MANY, [wanted])).rows;
    },
    head: () => ask({ name: 'head', text: 'select tid from leasehold.head' }, []),
    put: (key, value) => ask(PUT, [Buffer.from(key), value]),
    putMany: (keys, values) => ask(PUT_MANY, [keys.map((key) => Buffer.from(key)), values]),
  };
}

/** Fills the table, and the store: both by statements, since a million commits would take long. */
export async function fill({ postgres, entries }) {
  const connection = await connectPg(postgres);
  const keys = `convert_to('key:' || lpad(i::text, 9, '0'), 'UTF8')`;
  const values = `convert_to(left(repeat('key:' || lpad(i::text, 9, '0') || ' ', 8), 100), 'UTF8')`;
  const all = `generate_series(0, ${entries - 1}) i`;
  await connection.query('drop table rows');
  await connection.query('create table rows (key bytea primary key, value bytea)');
  await connection.query(`insert into rows select ${keys}, ${values} from ${all}`);
  await connection.query(
    `insert into leasehold.record (collection, key, tid, value)
     select c.number, ${keys}, 1, ${values} from leasehold.collection c, ${all} where c.name = 'rows'
     on conflict do nothing`,
  );
  await connection.query('vacuum analyze');
  const { rows } = await connection.query('select value from rows where key = $1', [Buffer.from(keyOf(entries - 1))]);
  if (String(rows[0].value) !== textOf(entries - 1)) throw new Error('the rows are other ones');
  await connection.end();
}
