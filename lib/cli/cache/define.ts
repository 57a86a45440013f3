import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Calling, command, list, number, size } from '../command-options.ts';
import type { GenerateCommandOptions } from './generate.ts';
import type { CacheSize, SimulateCommandOptions } from './simulate.ts';

/** Formats of traces and kinds of generated ones. Repeated here, since most commands need neither and load none. */
export const FORMATS: readonly string[] = ['leasehold', 'zeo', 'oracleGeneral', 'csv'];
export const KINDS: readonly string[] = ['objects', 'scans', 'sessions', 'drift'];

/** Defines the commands about the client's cache. */
export function defineCache(program: Command, calling: Calling): void {
  const cache = command(
    program,
    'cache',
    "a client's cache: what it has, and how it would do with other policies and sizes",
    [
      'leasehold cache stat ./cache',
      'leasehold cache trace generate objects.trace --workload objects',
      'leasehold cache simulate objects.trace --size 1%,10%',
    ],
  );
  const stored = (name: string, does: string): Command =>
    command(cache, `${name} <folder>`, does, [`leasehold cache ${name} ./cache`]);
  stored('stat', 'what the cache in a folder has').action(
    calling(async (path: string) => (await import('./stored.ts')).statCommand(path)),
  );
  stored('clear', 'drop all that the cache in a folder has; programs that use it go on').action(
    calling(async (path: string) => (await import('./stored.ts')).clearCommand(path)),
  );
  stored('verify', 'look for mistakes in the cache in a folder').action(
    calling(async (path: string) => (await import('./stored.ts')).verifyCommand(path)),
  );
  command(cache, 'simulate <trace>', 'run a trace through caches of several policies and sizes; - is standard input', [
    'leasehold cache simulate shop.trace --policy all --size 64M,256M',
    'leasehold cache simulate shop.trace --policy s3-fifo,lru --size 5% --json',
    'leasehold cache simulate requests.csv --columns time,key,size',
  ])
    .option('--policy <names>', 'policies, such as s3-fifo,lru (default: all)', list)
    .option('--size <sizes>', 'sizes in bytes or as a part of all objects (default: 1%,5%,20%)', sizes)
    .addOption(
      new Option('--format <format>', 'of the trace (default: by its first bytes and its name)').choices(FORMATS),
    )
    .option('--columns <names>', 'CSV: the columns, if the first line does not name them, such as time,key,size', list)
    .option('--json', 'JSON, one result a line, on a terminal too')
    .action(
      calling(async (trace: string, options: SimulateCommandOptions) =>
        (await import('./simulate.ts')).simulateCommand(trace, options),
      ),
    );
  const trace = cache.command('trace').description('traces of what programs request');
  command(trace, 'generate <file>', 'make a trace of an imagined program', [
    'leasehold cache trace generate scans.trace --workload scans --seed 7 --requests 1000000',
  ])
    .addOption(new Option('--workload <name>', 'what the program does (default: objects)').choices(KINDS))
    .option('--seed <n>', 'the same seed gives the same trace (default: 1)', number)
    .option('--requests <n>', 'records of the trace (default: 1000000)', number)
    .option('--objects <n>', 'about how many objects there are (default: a fifth of the requests)', number)
    .action(
      calling(async (file: string, options: GenerateCommandOptions) =>
        (await import('./generate.ts')).generateCommand(file, options),
      ),
    );
}

/** Parses sizes with commas between them: bytes, as for `size`, or per cent of the bytes of all objects. */
function sizes(text: string): CacheSize[] {
  return list(text).map((each) => {
    const [, digits] = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(each) ?? [];
    if (digits === undefined) return { text: each, bytes: size(each) };
    const part = Number(digits) / 100;
    if (part === 0 || part > 1) throw new InvalidArgumentError('A part must be above 0% and at most 100%.');
    return { text: each, part };
  });
}
