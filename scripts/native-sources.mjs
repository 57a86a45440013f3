// Prints the C++ sources of the core and the addon, one a line, for binding.gyp. With LEASEHOLD_UNITY_BUILD=1 in the
// environment, for each of the two one file that includes them all: without the optimiser that compiles in an eighth of the
// time, most of which goes into the standard headers.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';

for (const part of ['core', 'addon']) {
  const sources = readdirSync(`native/${part}`, { recursive: true })
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => `native/${part}/${name}`);
  if (process.env.LEASEHOLD_UNITY_BUILD === '1') {
    mkdirSync('build', { recursive: true });
    writeFileSync(`build/${part}.cc`, sources.map((source) => `#include "../${source}"\n`).join(''));
    console.log(`build/${part}.cc`);
  } else {
    for (const source of sources) console.log(source);
  }
}
