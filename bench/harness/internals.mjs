// The library with what dist/ does not export, for programs that measure a part of it.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rootFolder } from './paths.mjs';

/**
 * Bundles lib/ with these `exports`: the text of a module, which imports files as 'lib/…'. Gives the address to import. The file is one
 * folder below the root, where the addon is looked for. `packages` are not bundled.
 */
export async function bundleLibrary(name, exports, packages = []) {
  const { build } = await import(
    pathToFileURL(createRequire(join(rootFolder, 'package.json')).resolve('rolldown')).href
  );
  const file = join(rootFolder, `build/${name}.mjs`);
  await build({
    cwd: rootFolder,
    input: name,
    platform: 'node',
    // lib/objects/handle.ts says why it uses eval.
    checks: { eval: false },
    external: (id) => id.startsWith('node:') || packages.includes(id),
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === name ? id : id.startsWith('lib/') ? join(rootFolder, id) : null),
        load: (id) => (id === name ? exports : null),
      },
    ],
    output: { file, format: 'esm', codeSplitting: false },
  });
  return pathToFileURL(file).href;
}
