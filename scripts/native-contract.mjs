// The numbers and functions that JavaScript and C++ share. Generates native/contract.h, the numbers of
// lib/native/constants.ts for C++. With --check, prints whether that file is out of date, and where the functions of
// lib/native/functions/ and of native/addon/ differ in name or number of arguments; then exits with 1.
// An argument names another tree.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The name in C++: `kControlKeyWindow` for `CONTROL_KEY_WINDOW`. */
const inCpp = (name) => `k${name.toLowerCase().replace(/(^|_)(.)/g, (_, _between, letter) => letter.toUpperCase())}`;

/** The text of native/contract.h. */
function header(constants) {
  const lines = [...constants.matchAll(/^export const (\w+)(?:: number)? = (-?\w+);$/gm)].map(
    ([, name, value]) => `constexpr ${value.startsWith('-') ? 'int32_t' : 'uint32_t'} ${inCpp(name)} = ${value};`,
  );
  return `// Generated from lib/native/constants.ts, which explains each number, by \`npm run contract\`: do not edit it here.
#ifndef LEASEHOLD_CONTRACT_H_
#define LEASEHOLD_CONTRACT_H_

#include <stdint.h>

namespace leasehold {

${lines.join('\n')}

}  // namespace leasehold

#endif  // LEASEHOLD_CONTRACT_H_
`;
}

/** The methods of the interfaces that these files export: how many arguments each takes, and which file declares it. */
function declared(files) {
  const functions = new Map();
  for (const [path, text] of files) {
    const body = text.slice(text.indexOf('export interface ')).replace(/\/\*\*[\s\S]*?\*\//g, '');
    for (const match of body.matchAll(/^ {2}(\w+)(?:<\w+>)?\(/gm)) {
      functions.set(match[1], { path, count: countParameters(body, match.index + match[0].length) });
    }
  }
  return functions;
}

/** The number of parameters of a list that begins at `from`, after its parenthesis: the commas outside of brackets, plus one. */
function countParameters(text, from) {
  let depth = 0;
  let count = 0;
  let isEmpty = true;
  for (let i = from; ; i++) {
    const char = text[i];
    // The > of an arrow is not a bracket.
    if ('([{<'.includes(char)) depth++;
    else if (')]}'.includes(char) || (char === '>' && text[i - 1] !== '=')) depth--;
    if (depth < 0) return isEmpty ? count : count + 1;
    if (depth === 0 && char === ',') [count, isEmpty] = [count + 1, true];
    else if (!/\s/.test(char)) isEmpty = false;
  }
}

/** How many arguments each function of the addon takes: the N of its `Arguments<N>`, 0 if it has none. */
function exported(texts) {
  const bodies = new Map();
  const names = new Map();
  for (const text of texts) {
    for (const [, name, rawName, body] of text.matchAll(
      /^(?:Napi::Value (\w+)\(const Napi::CallbackInfo& \w+|napi_value (\w+)\(napi_env \w+, napi_callback_info \w+)\) \{([\s\S]*?)^\}/gm,
    )) {
      bodies.set(name ?? rawName, Number(/Arguments<(\d+)> \w+\(/.exec(body)?.[1] ?? 0));
    }
    for (const [, name, implementation] of text.matchAll(/\{"(\w+)",\s*(?:Callback<)?([A-Z]\w+)>?\}/g))
      names.set(name, implementation);
  }
  return new Map([...names].map(([name, implementation]) => [name, bodies.get(implementation)]));
}

/** The differences between the two sides, a line for each. */
export function checkContract(root) {
  const read = (path) => readFileSync(join(root, path), 'utf8');
  const problems = [];
  if (read('native/contract.h') !== header(read('lib/native/constants.ts'))) {
    problems.push('native/contract.h: is not what lib/native/constants.ts says: run `npm run contract`');
  }
  const files = (folder, end) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith(end))
      .map((name) => [`${folder}/${name}`, read(join(folder, name))]);
  const wanted = declared(files('lib/native/functions', '.ts'));
  const there = exported(files('native/addon', '.cc').map(([, text]) => text));
  for (const [name, { path, count }] of wanted) {
    if (!there.has(name)) problems.push(`${path}: ${name}() is no function of native/addon/`);
    else if (there.get(name) !== count) {
      problems.push(`${path}: ${name}() has ${count} parameters, and ${there.get(name)} in native/addon/`);
    }
  }
  for (const name of there.keys()) {
    if (!wanted.has(name)) problems.push(`native/addon/: ${name}() is not declared in lib/native/functions/`);
  }
  return problems;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [root = dirname(dirname(process.argv[1]))] = process.argv.slice(2).filter((argument) => argument !== '--check');
  if (process.argv.includes('--check')) {
    const problems = checkContract(root);
    for (const problem of problems) console.error(problem);
    process.exitCode = problems.length > 0 ? 1 : 0;
  } else {
    writeFileSync(join(root, 'native/contract.h'), header(readFileSync(join(root, 'lib/native/constants.ts'), 'utf8')));
  }
}
