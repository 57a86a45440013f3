import { openCollection, withDatabase } from '../database.ts';
import type { Shown } from '../entry-printer.ts';
import { asUsage, DONE, Failure, NEGATIVE } from '../failure.ts';
import { printFields } from '../fields.ts';
import { Output } from '../output.ts';
import { plainValue } from '../printable.ts';
import { keyFrom } from '../typed-key.ts';

/** `leasehold get` */
export function get(path: string, name: string, keyText: string): Promise<number> {
  return withDatabase(path, 'read', async (env) => {
    const opened = openCollection(env, name);
    const key = keyFrom(keyText, opened.key);
    const { collection } = opened;
    if (!asUsage(() => collection.has(key))) {
      throw new Failure(NEGATIVE, `there is no key ${keyText} in '${name}'`);
    }
    const output = new Output();
    const values = opened.dupSort ? collection.getAll(key).toArray() : [collection.get(key)];
    for (const value of values) showValue(plainValue(value, opened), output, opened);
    await output.flush();
    return DONE;
  });
}

/** Prints one value. */
export function showValue(value: unknown, output: Output, { fields }: Pick<Shown, 'fields'>): void {
  if (!output.isTerminal) {
    output.json(value);
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const record = value as Record<string, unknown>;
    const names = fields ?? Object.keys(record);
    printFields(
      output,
      names.map((field) => [field, record[field]]),
    );
  } else {
    output.line(typeof value === 'string' ? value : JSON.stringify(value, undefined, 2));
  }
}
