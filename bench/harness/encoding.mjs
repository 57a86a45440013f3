// What encodes the records of a struct, which the library exports no call for: built from lib/ as dist/ is.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rootFolder } from './paths.mjs';

/** A folder directly below the root, because the bundle looks for the addon in the folder above. */
const folder = join(rootFolder, 'build');

/** Bundles the struct codec and the byte writer that it encodes to. */
export async function buildEncoding() {
  const { build } = await import('rolldown');
  await build({
    cwd: rootFolder,
    input: {
      struct: 'lib/value/struct/struct.ts',
      types: 'lib/value/struct/field-type.ts',
      writer: 'lib/base/writer.ts',
    },
    platform: 'node',
    external: (id) => !/^(\.|\/|lib\/)/.test(id),
    transform: { target: 'node20.19' },
    output: { dir: folder, format: 'esm', entryFileNames: 'bench-[name].js', chunkFileNames: 'bench-[name].js' },
    logLevel: 'warn',
  });
}

/** `{ struct, t, writer }`, as `buildEncoding` built them. */
export async function loadEncoding() {
  const load = (name) => import(pathToFileURL(join(folder, `bench-${name}.js`)).href);
  const [{ struct }, { t }, { writer }] = await Promise.all([load('struct'), load('types'), load('writer')]);
  return { struct, t, writer };
}
