import { serialize } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { bytes, json, Key, msgpack, sinkOf, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { codeOf, openTemporary, thrown } from '../support/fixture.ts';

const env = openTemporary();
const Person = struct({ name: t.optional(t.utf8), tags: t.list(t.utf8), home: t.struct({ city: t.utf8 }) });
const people = env.collection('people', { key: tuple, value: Person });
people.put(['ann'], { name: 'Ann', tags: ['a'], home: { city: 'Rome' } });
const person = people.get(['ann']) as NonNullable<ReturnType<typeof people.get>>;

const items = env.collection('items', { key: utf8, value: bytes });
items.put('a', Uint8Array.of(1));

const shown: Record<string, [value: object, instead: string]> = {
  'a Key': [Key.of('a'), 'useToBufferInstead'],
  'a Value': [sinkOf(person), 'useToBufferInstead'],
  'another Value': [items.get('a') as object, 'useToBufferInstead'],
  'a view': [person, 'useToObjectInstead'],
  'a view inside a view': [person.home, 'useToObjectInstead'],
  'a List': [person.tags, 'useToArrayInstead'],
  'an entry': [people.range().toArray()[0] as object, 'useKeyAndValueInstead'],
  'a copy of a view': [{ ...person }, 'useToObjectInstead'],
};

test.each(Object.entries(shown))('%s is not cloned, and the error says what can be', (_, [value, instead]) => {
  const { port1, port2 } = new MessageChannel();
  for (const clone of [structuredClone, (given: unknown) => port1.postMessage(given), serialize]) {
    const error = thrown(() => clone(value));
    expect(error.message).toContain(instead);
    expect(error.message).toContain('could not be cloned');
    expect(() => clone({ deep: [value] })).toThrow('could not be cloned');
  }
  port1.close();
  port2.close();
});

test('the entry of a scan neither', () => {
  people.scan({}, (entry) => expect(() => structuredClone(entry)).toThrow('could not be cloned'));
});

test('what tells that is no field: views are stored as ever, in every codec, and shown without it', () => {
  people.put(['copy'], person);
  expect(people.get(['copy'])?.toObject()).toEqual(person.toObject());
  for (const codec of [json, msgpack]) {
    const any = env.collection(codec.name, { key: utf8, value: codec });
    any.put('a', { person, list: person.tags } as never);
    expect(JSON.stringify(any.get('a'))).toBe(
      '{"person":{"name":"Ann","tags":["a"],"home":{"city":"Rome"}},"list":["a"]}',
    );
  }
  expect(codeOf(() => JSON.stringify({ deep: [{ ...person }] }))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => env.collection('json', { key: utf8, value: json }).put('b', [{ ...person }] as never))).toMatch(
    /^ERR_/,
  );
  expect(codeOf(() => env.collection('msgpack', { key: utf8, value: msgpack }).put('b', [{ ...person }]))).toMatch(
    /^ERR_/,
  );
  expect(codeOf(() => struct({ '(leasehold)': t.u8 }))).toBe('ERR_INVALID_ARG_VALUE');
});
