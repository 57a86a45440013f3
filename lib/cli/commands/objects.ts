import { inspect } from 'node:util';
import type { Environment } from '../../environment/environment.ts';
import { Base, ROOT } from '../../objects/base.ts';
import type { Problem } from '../../objects/check/problem.ts';
import { shown, shownFieldsOf } from '../../objects/class/looks.ts';
import { definitionIn, handleOf, slots } from '../../objects/handle.ts';
import { Counter, openStore, PersistentList, PersistentMap, PersistentSet } from '../../objects/index.ts';
import { type Handle, STORED } from '../../objects/model.ts';
import { storePath } from '../../objects/names/registry.ts';
import { SnapshotView } from '../../objects/view/snapshot-view.ts';
import { withDatabase } from '../database.ts';
import { asUsage, DONE, Failure, NEGATIVE, USAGE } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { idOf, objectAt } from '../object-path.ts';
import { Output } from '../output.ts';
import { plain } from '../printable.ts';
import { Table } from '../terminal-table.ts';

export interface ObjectsOptions {
  /** Of `ls`: only objects of the class of that name, and at most so many. */
  class?: string;
  limit?: number;
  /** Of `set`: whether to replace a property that refers to an object. */
  replace?: boolean;
}

/** The actions of `leasehold objects`, each with how many arguments it takes. */
const ACTIONS: { readonly [name: string]: number } = { ls: 0, get: 1, set: 2, check: 0, collect: 0, classes: 0 };

/** `leasehold objects` */
export async function objects(
  where: string,
  action: string,
  args: readonly string[],
  options: ObjectsOptions,
): Promise<number> {
  const wanted = ACTIONS[action];
  if (wanted === undefined || !Object.hasOwn(ACTIONS, action))
    throw new Failure(USAGE, `there is no '${action}': it must be one of ${Object.keys(ACTIONS).join(', ')}`);
  if (args.length !== wanted)
    throw new Failure(USAGE, `'${action}' takes ${wanted} arguments, and there are ${args.length}`);
  const path = asUsage(() => storePath(where));
  const [first, second] = args as [string, string];
  return withDatabase(path, action === 'set' || action === 'collect' ? 'write' : 'read', async (env) => {
    const output = new Output();
    const code = await run();
    await output.flush();
    return code;

    function run(): Promise<number> {
      switch (action) {
        case 'ls':
          return list(env, output, options);
        case 'get':
          return get(env, output, first);
        case 'set':
          return set(env, first, second, options);
        case 'check':
          return check(env, output);
        case 'collect':
          return collect(env, output);
        default:
          return classes(env, output);
      }
    }
  });
}

/** Calls `fn` with the newest version of a store. */
async function withView<T>(env: Environment, fn: (view: SnapshotView, base: Base) => T | Promise<T>): Promise<T> {
  const base = new Base(env, 1000);
  const view = new SnapshotView(base, env.read());
  try {
    return await fn(view, base);
  } finally {
    view.release();
  }
}

/** The fields of an object, the entries of a collection, or what a Counter counts. A short form stands for other objects. */
function fieldsOf(object: object): unknown {
  if (object instanceof Counter) return object.value;
  if (object instanceof PersistentMap) return plain([...object].map(([key, value]) => [key, shown(value)]));
  if (object instanceof PersistentList || object instanceof PersistentSet) return plain([...object].map(shown));
  if (slots.id(object as Handle) !== ROOT) return plain(shownFieldsOf(object));
  return plain(Object.fromEntries(Object.entries(object).map(([name, value]) => [name, shown(value)])));
}

function show(output: Output, value: unknown): void {
  if (output.isTerminal) output.line(inspect(value, { depth: 6, colors: false }));
  else output.json(value);
}

function list(env: Environment, output: Output, { class: wanted, limit }: ObjectsOptions): Promise<number> {
  return withView(env, async (view) => {
    let listed = 0;
    for (const { key: id, value } of view.base.objects.range({}, view.transaction())) {
      if (listed === limit) break;
      const object = view.made(id, value);
      const { name } = definitionIn(object);
      if (wanted !== undefined && name !== wanted) continue;
      listed++;
      show(output, { id, class: name, fields: fieldsOf(object) });
      if (output.isFull) await output.flush();
    }
    return DONE;
  });
}

function get(env: Environment, output: Output, path: string): Promise<number> {
  return withView(env, (view) => {
    const value = objectAt(view, path);
    if (value === undefined) throw new Failure(NEGATIVE, `there is nothing at '${path}'`);
    const handle = handleOf(value);
    if (handle === undefined) show(output, plain(shown(value)));
    else show(output, { id: slots.id(handle), class: definitionIn(handle).name, fields: fieldsOf(handle) });
    return DONE;
  });
}

async function set(env: Environment, name: string, json: string, { replace = false }: ObjectsOptions): Promise<number> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Failure(USAGE, `the value must be JSON: ${(error as Error).message}`, { cause: error });
  }
  if (name === '' || name.includes('.') || idOf(name) !== undefined) {
    throw new Failure(
      USAGE,
      `'${name}' is no property of the root: objects are changed by the program that has their classes`,
    );
  }
  const store = openStore(env);
  store.write(() => {
    const there = Object.hasOwn(store.root, name) ? handleOf(store.root[name]) : undefined;
    if (there !== undefined && !replace) {
      throw new Failure(
        NEGATIVE,
        `'${name}' refers to object ${slots.id(there)} of the class '${definitionIn(there).name}', which nothing may reach any more if it is replaced: ` +
          'use --replace to do that',
      );
    }
    store.root[name] = value;
  });
  return DONE;
}

async function check(env: Environment, output: Output): Promise<number> {
  const problems: Problem[] = [];
  await interruptible(async (signal) => {
    for await (const problem of openStore(env).check({ signal })) {
      problems.push(problem);
      if (!output.isTerminal) output.json(problem);
      else output.line(problem.message);
      if (output.isFull) await output.flush();
    }
  });
  if (output.isTerminal && problems.length === 0) output.line('no problems');
  return problems.length === 0 ? DONE : NEGATIVE;
}

async function collect(env: Environment, output: Output): Promise<number> {
  const { stderr } = process;
  const isShown = stderr.isTTY === true;
  const collected = await interruptible((signal) =>
    openStore(env).collect({
      signal,
      onProgress({ phase, done, total, deleted }) {
        if (isShown) stderr.write(`\r${phase}: ${done} of ${total} objects, ${deleted} deleted\u001b[K`);
      },
    }),
  ).finally(() => {
    if (isShown) stderr.write('\r\u001b[K');
  });
  const { objects, deleted, rows } = collected;
  if (output.isTerminal) output.line(`${deleted} of ${objects} objects deleted, with ${rows} rows`);
  else output.json(collected);
  return DONE;
}

function classes(env: Environment, output: Output): Promise<number> {
  return withView(env, (view, base) => {
    const counts = new Map<number, number>();
    for (const { value } of view.base.objects.range({}, view.transaction())) {
      const { id } = value[STORED];
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const all = base.classes.all().map(({ id, name, fields }) => ({
      number: id,
      class: name,
      objects: counts.get(id) ?? 0,
      fields: Object.fromEntries(
        fields.map((field) => [field.name, field.kind === 'scalar' ? field.description : field.kind]),
      ),
    }));
    if (output.isTerminal) {
      const table = new Table(output);
      table.print(
        ['number', 'class', 'objects', 'fields'],
        all.map(({ fields, ...rest }) => [rest.number, rest.class, rest.objects, Object.keys(fields).join(', ')]),
      );
      table.end();
    } else for (const each of all) output.json(each);
    return DONE;
  });
}
