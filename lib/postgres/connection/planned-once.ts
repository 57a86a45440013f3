import type { SqlConnection } from './sql-client.ts';

/*
 * The statements of an engine find few rows, by their keys, and to plan them anew each time takes longer than that. The server would, since a plan for the very values seems to be cheaper. And it
 * plans by what a table has at that moment: to read a small table as a whole is cheapest, and the plan stays when the table has grown. So it may only follow indexes.
 */
const SETTINGS = [
  ['plan_cache_mode', 'force_generic_plan'],
  ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((way) => [`enable_${way}`, 'off']),
  ['jit', 'off'],
];

const PLAN_ONCE = `select set_config(s.name, v.value, false)
  from pg_settings s join (values ${SETTINGS.map(([name, value]) => `('${name}', '${value}')`).join(', ')}) v (name, value) on v.name = s.name`;

/** Has a server plan each statement of a connection once, with the indexes that are there. Servers that know nothing of it do as they please. */
export function plannedOnce(connection: SqlConnection): SqlConnection {
  connection.run(PLAN_ONCE).catch(() => {});
  return connection;
}
