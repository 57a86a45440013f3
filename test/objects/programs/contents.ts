import { Ref, textOf } from '../model/values.ts';
import { type Shadow, sortedEntries } from './shadow.ts';
import type { Side } from './side.ts';

/** A text of a value of the model. */
export const shadowText = (value: unknown): string =>
  textOf(value, (object) => (object instanceof Ref ? object.serial : undefined));

/** All that a real object has, as its program sees it. */
export function contentsOf(side: Side, serial: number, { kind }: Shadow): unknown {
  const real = side.real(serial);
  const isNew = side.actor.program.version === 'new';
  switch (kind) {
    case 'root':
      return Object.keys(real).map((name) => [name, real[name]]);
    case 'item':
      return [real.n, real.link ?? null, real.note, ...(isNew ? [real.extra] : [])];
    case 'tally':
      return real.n;
    case 'moved':
      return isNew ? [real.name, real.total] : [real.label, String(real.total)];
    case 'counter':
      return real.value;
    case 'list':
      return [real.length, ...real];
    default:
      return [real.size, ...real];
  }
}

/** The same of the model. */
export function wantedOf(side: Side, shadow: Shadow): unknown {
  const { kind, fields, entries, elements } = shadow;
  const isNew = side.actor.program.version === 'new';
  switch (kind) {
    case 'root':
      return sortedEntries(shadow);
    case 'item':
      return [fields['n'], fields['link'] ?? null, fields['note'], ...(isNew ? [fields['extra']] : [])];
    case 'tally':
      return fields['n'];
    case 'moved':
      return [fields['name'], fields['total']];
    case 'counter':
      return fields['value'];
    case 'list':
      return [elements.length, ...elements];
    case 'set':
      return [entries.size, ...sortedEntries(shadow).map(([key]) => key)];
    default:
      return [entries.size, ...sortedEntries(shadow)];
  }
}
