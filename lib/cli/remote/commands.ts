import { withoutPassword } from '../../base/address-text.ts';
import { showValue } from '../commands/get.ts';
import { checkFields, type ScanOptions } from '../commands/scan.ts';
import { entryPrinter } from '../entry-printer.ts';
import { asUsage, asUsageLater, DONE, Failure, NEGATIVE, USAGE } from '../failure.ts';
import { printFields } from '../fields.ts';
import { Output } from '../output.ts';
import { plainValue } from '../printable.ts';
import { boundsOf } from '../range-options.ts';
import { showRemoved, showStored } from '../result.ts';
import { Table } from '../terminal-table.ts';
import { keyFrom } from '../typed-key.ts';
import { valueFrom } from '../typed-value.ts';
import type { AddressOptions } from './address-options.ts';
import { type Connected, onlyForFolders, openRemote, withStore } from './with-store.ts';

/** How many entries are printed together. */
const BATCH = 100;

/** `leasehold get` from a server. */
export function getRemote(address: string, name: string, keyText: string, options: AddressOptions): Promise<number> {
  return withStore(address, options, async (connected) => {
    const opened = await openRemote(connected, name);
    const key = keyFrom(keyText, opened.key);
    const value = await asUsageLater(() => connected.store.collection(name).get(key));
    if (value === undefined) throw absent(keyText, name);
    const output = new Output();
    showValue(plainValue(value, opened), output, opened);
    await output.flush();
    return DONE;
  });
}

/** `leasehold put` to a server. */
export function putRemote(
  address: string,
  name: string,
  keyText: string,
  valueText: string,
  options: AddressOptions,
): Promise<number> {
  return withStore(address, options, async (connected) => {
    const opened = await openRemote(connected, name);
    const key = keyFrom(keyText, opened.key);
    const value = valueFrom(valueText, opened);
    const isThere = await asUsageLater(() =>
      connected.store.transact(async (txn) => {
        const items = txn.collection(name);
        const before = await items.has(key);
        await items.put(key, value);
        return before;
      }),
    );
    await showStored({ stored: 1, replaced: isThere ? 1 : 0 });
    return DONE;
  });
}

/** `leasehold del` on a server: a key, or all keys with a prefix in one commit. */
export function delRemote(
  address: string,
  name: string,
  keyText: string | undefined,
  options: AddressOptions & { prefix?: string },
): Promise<number> {
  const { prefix: prefixText } = options;
  if ((keyText === undefined) === (prefixText === undefined)) throw new Failure(USAGE, 'give either a key or --prefix');
  return withStore(address, options, async (connected) => {
    const { key: codec } = await openRemote(connected, name);
    if (keyText === undefined) {
      const prefix = keyFrom(prefixText as string, codec, '--prefix');
      const removed = await asUsageLater(() => connected.store.collection(name).clear({ prefix } as never));
      if (removed === 0) throw new Failure(NEGATIVE, `there is no key with the prefix ${prefixText} in '${name}'`);
      await showRemoved(removed);
      return DONE;
    }
    const key = keyFrom(keyText, codec);
    const isRemoved = await asUsageLater(() => connected.store.collection(name).del(key));
    if (!isRemoved) throw absent(keyText, name);
    await showRemoved(1);
    return DONE;
  });
}

/** `leasehold scan` of a server: as of one commit. */
export function scanRemote(address: string, name: string, options: ScanOptions & AddressOptions): Promise<number> {
  onlyForFolders(options, ['cursor', 'distinct']);
  return withStore(address, options, async (connected) => {
    const opened = await openRemote(connected, name);
    checkFields(opened, options.fields);
    const { onEnd: _, ...bounds } = asUsage(() => boundsOf(options, opened));
    const output = new Output();
    // The view ends with the connection.
    const items = (await connected.store.snapshot()).collection(name);
    if (options.count === true) {
      output.line(String(await asUsageLater(() => items.count(bounds))));
      await output.flush();
      return DONE;
    }
    const printer = entryPrinter(opened, options, output);
    let batch: { key: unknown; value: unknown }[] = [];
    for await (const entry of items.range(bounds)) {
      batch.push(entry);
      if (batch.length < BATCH) continue;
      await printer.print(batch);
      batch = [];
    }
    await printer.print(batch);
    printer.end();
    await output.flush();
    return DONE;
  });
}

/** `leasehold ls` of a server. */
export function lsRemote(address: string, options: AddressOptions): Promise<number> {
  return withStore(address, options, async ({ store }) => {
    const output = new Output();
    for (const name of await store.collections()) output.line(name);
    await output.flush();
    return DONE;
  });
}

/** `leasehold stat` of a server: the collections that the token may see, and the database if it may see all. */
export function statRemote(address: string, options: AddressOptions): Promise<number> {
  return withStore(address, options, async (connected) => {
    const output = new Output();
    const database = await databaseOf(connected, address);
    const rows = await collectionsOf(connected);
    if (!output.isTerminal) for (const each of [database, ...rows]) output.json(each);
    else {
      printFields(output, Object.entries(database));
      output.line('');
      const table = new Table(output);
      if (rows.length === 0) output.line('no collections');
      else {
        table.print(
          Object.keys(rows[0] as object),
          rows.map((row) => Object.values(row)),
        );
      }
      table.end();
    }
    await output.flush();
    return DONE;
  });
}

async function databaseOf({ store, backend }: Connected, address: string): Promise<object> {
  const known = { address: withoutPassword(address), id: store.id, tid: store.tid };
  try {
    return { ...known, ...(await backend.info()), tid: store.tid };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_FORBIDDEN') return known;
    throw error;
  }
}

async function collectionsOf({ store, backend }: Connected): Promise<object[]> {
  const rows: object[] = [];
  for (const name of await store.collections()) {
    const { key, value } = await backend.codecs(name, { key: undefined, value: undefined, create: false });
    rows.push({ collection: name, key: key.name, value: value.name, ...(await backend.statOf(name)) });
  }
  return rows;
}

function absent(keyText: string, name: string): Failure {
  return new Failure(NEGATIVE, `there is no key ${keyText} in '${name}'`);
}
