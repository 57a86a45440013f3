import type { Section } from './operations.ts';

/** The program before each operation, which runs as it stands. */
export const CLASSES = `const Frob = persistent('shop.Frob', {
  foo: t.i32, bar: t.f64, tags: t.json, next: ref(() => Frob).optional(), name: t.optional(t.utf8),
  at: t.optional(t.date), bytes: t.optional(t.bytes), big: t.optional(t.u64), nums: t.optional(t.list(t.i32)),
}, { defaults: { bar: 0.5, tags: [] } })(class Frob {
  static of(foo) { return new this({ foo }); }
  #calls = 0;
  called() { return ++this.#calls; }
  sum() { return this.foo + this.bar; }
  get double() { return 2 * this.foo; }
  set double(value) { this.foo = value / 2; }
  toString() { return \`Frob \${this.foo}\`; }
  *[Symbol.iterator]() { yield this.foo; yield this.bar; }
});
const Gear = persistent('shop.Gear', { teeth: t.u32 }, { defaults: { teeth: 12 } })(
  class Gear extends Frob { sum() { return super.sum() + this.teeth; } });
`;

export const OBJECTS = `d.frob = new Frob({ foo: 9, tags: ['a', { b: 1 }] });
d.gear = new Gear({ foo: 1 });
d.stock = new PersistentMap({ key: utf8 });
d.stock.set('a', { b: [1, 2] }).set('b', d.gear);
`;

const INTRODUCTION = `# Persistent objects in the language

What everyday operations do with persistent objects. \`npm run docs\` makes this page: it runs each operation, and
writes what it gives. The test of this page fails if one of them gives something else. All ids are shown as 17. The names:

\`\`\`js
${CLASSES}
const store = openStore('shop'), d = store.root;
${OBJECTS}const { frob } = d;
\`\`\`
`;

export interface Outcome {
  readonly code: string;
  readonly gives: string;
  readonly remark: string;
}

/** The page: a table for each section. */
export function pageOf(sections: readonly (Section & { readonly outcomes: readonly Outcome[] })[]): string {
  const parts = sections.map(({ title, text, outcomes }) => {
    const rows = outcomes.map(({ code, gives, remark }) => `| ${asCode(code)} | ${asCode(gives)} | ${remark} |`);
    return [`## ${title}`, '', text, '', '| operation | gives | |', '| --- | --- | --- |', ...rows, ''].join('\n');
  });
  return [INTRODUCTION, ...parts].join('\n');
}

/** Code in a cell of a table. */
function asCode(text: string): string {
  const line = text.replaceAll('\n', ' ').replaceAll(/ +/g, ' ').replaceAll('|', '\\|');
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
}
