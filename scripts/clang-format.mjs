// Runs clang-format on the native sources, with the arguments given: `-i` to format, `--dry-run --Werror` to check. It comes from
// the npm package of that name, so that everybody has the same version.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const native = join(root, 'native');
const vendor = `vendor${sep}`;

const files = (existsSync(native) ? readdirSync(native, { recursive: true }) : [])
  .filter((name) => /\.(h|cc|c)$/.test(name) && !name.startsWith(vendor))
  .sort()
  .map((name) => join('native', name));
if (files.length === 0) process.exit(0);

const { getNativeBinary } = createRequire(import.meta.url)('clang-format');
const { status, error } = spawnSync(getNativeBinary(), ['--style=file', ...process.argv.slice(2), ...files], {
  cwd: root,
  stdio: 'inherit',
});
if (error) throw error;
process.exit(status ?? 1);
