// Builds leasehold/client for browsers: one file without imports.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { asciiCode } from './ascii-code.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The files that need Node or the addon, and what stands in their places in a browser. */
const IN_BROWSER = {
  'lib/base/clock.ts': 'lib/browser/clock.ts',
  'lib/base/platform.ts': 'lib/browser/platform.ts',
  'lib/native/native.ts': 'lib/browser/native.ts',
  'lib/lease/sources/buffer-source.ts': 'lib/browser/sources.ts',
  'lib/lease/sources/lease-source.ts': 'lib/browser/sources.ts',
  'lib/value/struct/record-code.ts': 'lib/browser/record-code.ts',
  'lib/value/msgpack/msgpack.ts': 'lib/browser/msgpack.ts',
  'lib/client/host.ts': 'lib/browser/host.ts',
};

const inBrowser = {
  name: 'in-browser',
  async resolveId(source, importer, options) {
    if (importer !== undefined && !source.startsWith('.')) {
      throw new Error(
        `${importer} imports ${source}, which no browser has: see IN_BROWSER in scripts/build-browser.mjs`,
      );
    }
    const resolved = await this.resolve(source, importer, options);
    const other = resolved && IN_BROWSER[resolved.id.slice(root.length + 1)];
    return other === undefined ? resolved : { id: join(root, other) };
  },
};

/** Writes `dist/browser/client.js`, and its source map. An import of a package or of Node is an error. */
export async function buildBrowser(dist) {
  const bundle = await rolldown({
    cwd: root,
    input: { client: 'lib/client/index.ts' },
    platform: 'browser',
    plugins: [inBrowser],
    transform: { target: 'es2022' },
  });
  const { output } = await bundle.write({
    dir: join(dist, 'browser'),
    format: 'esm',
    sourcemap: true,
    minify: true,
    comments: false,
  });
  await bundle.close();
  const [chunk] = output;
  writeFileSync(join(dist, 'browser', chunk.fileName), asciiCode(chunk.code, chunk.fileName));
}
