// How to run node-gyp, here and on the machine of a user who installs the package and has no node-gyp.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The command that runs node-gyp, and its first arguments. Uses the development dependency; if it is absent, the copy inside npm, whose
 * path npm passes to scripts; and otherwise the one on the PATH.
 */
export function nodeGyp() {
  try {
    return { command: process.execPath, args: [createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')] };
  } catch {
    const bundled = process.env.npm_config_node_gyp;
    if (bundled && existsSync(bundled)) return { command: process.execPath, args: [bundled] };
    return { command: process.platform === 'win32' ? 'node-gyp.cmd' : 'node-gyp', args: [] };
  }
}

/**
 * The folder of Node's headers; undefined if node-gyp must download them. npm may name it (`nodedir`). Otherwise the headers of the
 * running Node are used.
 */
export function nodeHeaders() {
  if (process.env.npm_config_nodedir) return process.env.npm_config_nodedir;
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined;
}
