import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/leasehold/addons');

/** What examples/addons/sink gives. */
export interface SinkAddon {
  borrow(sink: unknown): object;
  count(counter: object, byte: number): number;
  state(counter: object): 'shared' | 'copied' | 'expired';
  release(counter: object): void;
}

/** What examples/addons/source gives. */
export interface SourceAddon {
  lend(bytes: Uint8Array): object;
  end(block: object): void;
  listeners(block: object): number;
}

/** What test/lease/addons/callback gives. */
export interface CallbackAddon {
  borrow(value: unknown, invalidate: (first: number) => boolean): object;
  borrowAgain(sink: object, value: unknown): void;
  cancel(sink: object): void;
  isListening(sink: object): boolean;
}

/**
 * Compiles an addon with leasehold/lease.h alone, which lies where an installed package has it. Gives the path of the
 * `.node` file. `change` gives the text of another header to compile with.
 */
export async function compileAddon(
  folder: string,
  change: (header: string) => string = (text) => text,
): Promise<string> {
  const header = change(readFileSync(join(root, 'native/include/leasehold/lease.h'), 'utf8'));
  const hash = createHash('sha256').update(`${process.version} ${process.arch} ${header}`);
  for (const name of readdirSync(join(root, folder)).sort()) hash.update(readFileSync(join(root, folder, name)));
  const name = basename(folder);
  const built = join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(built)) {
    mkdirSync(cache, { recursive: true });
    const making = mkdtempSync(join(cache, 'making-'));
    cpSync(join(root, folder), making, { recursive: true });
    const installed = join(making, 'node_modules/leasehold');
    cpSync(join(root, 'native/include'), join(installed, 'native/include'), { recursive: true });
    cpSync(join(root, 'package.json'), join(installed, 'package.json'));
    writeFileSync(join(installed, 'native/include/leasehold/lease.h'), header);
    await runNodeGyp(making);
    try {
      renameSync(making, built);
    } catch {
      // Another test file has built it first.
      rmSync(making, { recursive: true });
    }
  }
  return join(built, 'build/Release', `${name}.node`);
}

async function runNodeGyp(folder: string): Promise<void> {
  const { nodeGyp, nodeHeaders } = (await import(new URL('../../scripts/node-gyp.mjs', import.meta.url).href)) as {
    nodeGyp: () => { command: string; args: string[] };
    nodeHeaders: () => string | undefined;
  };
  const { command, args } = nodeGyp();
  const headers = nodeHeaders();
  execFileSync(command, [...args, 'rebuild', ...(headers === undefined ? [] : [`--nodedir=${headers}`])], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const load = createRequire(import.meta.url);

export async function sinkAddon(change?: (header: string) => string): Promise<SinkAddon> {
  return load(await compileAddon('examples/addons/sink', change)) as SinkAddon;
}

export async function sourceAddon(change?: (header: string) => string): Promise<SourceAddon> {
  return load(await compileAddon('examples/addons/source', change)) as SourceAddon;
}

export async function callbackAddon(): Promise<CallbackAddon> {
  return load(await compileAddon('test/lease/addons/callback')) as CallbackAddon;
}
