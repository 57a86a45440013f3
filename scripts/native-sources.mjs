// Prints the C++ sources of the core and the addon, one a line, for binding.gyp.
import { readdirSync } from 'node:fs';

for (const folder of ['native/core', 'native/addon']) {
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith('.cc')) console.log(`${folder}/${name}`);
  }
}
