import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { packageRoot } from '../base/package-root.ts';
import { defineCache } from './cache/define.ts';
import {
  type Calling,
  command,
  formatOption,
  KEY_CODECS,
  list,
  printHelp,
  size,
  VALUE_CODECS,
  withRangeOptions,
  withReadingOptions,
} from './command-options.ts';
import type { ExportCommandOptions } from './commands/export.ts';
import type { ImportCommandOptions } from './commands/import.ts';
import type { ScanOptions } from './commands/scan.ts';
import { DONE, report, USAGE } from './failure.ts';
import { useLocks } from './locks.ts';
import { defineObjects } from './object-commands.ts';
import type { ReadingOptions, SampleOptions } from './reading.ts';
import { type AddressOptions, isAddress, withAddressOptions } from './remote/address-options.ts';
import { defineServing } from './serving/define.ts';
import { defineStore } from './store/define.ts';
import { defineTools } from './tools/define.ts';

const KEYS = `
A key is JSON: an array for a tuple, a string for utf8, a number for uint32. For bytes it is hexadecimal digits. LMDB's
unnamed database is the collection ''.`;

const EXIT_CODES = `
Exit codes: 0 done; 1 not found, or a check failed; 2 wrong usage; 3 the database or the input is at fault.`;

/** Runs a command line and returns the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  let code = DONE;
  const calling: Calling =
    (command) =>
    async (...given) => {
      code = await command(...given);
    };
  const program = new Command('leasehold').configureOutput({ writeOut: printHelp });
  program
    .description('Reads and changes LMDB databases: import, export, look up, scan, check, copy.')
    .version((createRequire(import.meta.url)(join(packageRoot, 'package.json')) as { version: string }).version)
    .option('--no-lock', 'read without lock.mdb, where that file cannot be written; nobody may write meanwhile')
    .hook('preAction', () => useLocks(program.opts<{ lock: boolean }>().lock))
    .exitOverride()
    .showHelpAfterError('(see leasehold --help)')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', `${KEYS}\n${EXIT_CODES}`);

  defineImport(program, calling);
  defineExport(program, calling);
  defineEntries(program, calling);
  defineScan(program, calling);
  defineInspection(program, calling);
  defineObjects(program, calling);
  defineServing(program, calling);
  defineStore(program, calling);
  defineCache(program, calling);
  defineTools(program, calling);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE;
    return report(error);
  }
}

function defineImport(program: Command, calling: Calling): void {
  withReadingOptions(
    command(program, 'import <db> <collection> <file>', 'load records into a collection; - is standard input', [
      'leasehold import ./data cities cities.ndjson --key country,name',
      'leasehold import ./data ranges ranges.csv.gz --key start --schema ranges.json --rejects rejects.ndjson',
      'leasehold import ./data ranges ranges.csv.gz --key start --schema ranges.json --resume',
    ]),
  )
    .option('--key <fields>', 'the fields of which the key is made, such as country,name', list)
    .option('--schema <file>', 'a JSON file with the fields and their types, such as {"id": "u32", "name": "utf8"}')
    .addOption(
      new Option('--key-codec <codec>', 'the key codec of a new collection (default: tuple)').choices(KEY_CODECS),
    )
    .addOption(
      new Option(
        '--value <codec>',
        'the value codec of a new collection (default: with --key, a struct of the fields in a sample; without, json)',
      )
        .choices(VALUE_CODECS)
        .conflicts(['schema', 'type']),
    )
    .addOption(
      new Option('--on-error <what>', 'what to do with a record that cannot be stored (default: stop)').choices([
        'stop',
        'skip',
      ]),
    )
    .option('--rejects <file>', 'leave out records that cannot be stored, and write them to this file')
    .addOption(
      new Option(
        '--on-duplicate <what>',
        'what to do with a record whose key is there already (default: replace)',
      ).choices(['replace', 'ignore', 'error']),
    )
    .option('--resume', 'go on with an interrupted import of the same file')
    .option(
      '--max-memory <size>',
      'about how much memory to use, such as 64M (default: 256M); sorting goes through files beyond that',
      size,
    )
    .option('--map-size <size>', 'how large the database may grow (default: 64G)', size)
    .option('--dup-sort', 'give a new collection several values a key, for a dump that has them')
    .option('--versions', 'have a new collection keep, with each value, the number of the commit that wrote it')
    .option('--expires', 'let values of a new collection have a time from which on they are absent')
    .option('--any-keys', 'let a new collection have empty keys, and keys of up to 1 MiB')
    .action(
      calling(async (db: string, collection: string, file: string, options: ImportCommandOptions) =>
        (await import('./commands/import.ts')).importCommand(db, collection, file, options),
      ),
    );
}

function defineExport(program: Command, calling: Calling): void {
  withAddressOptions(
    withRangeOptions(
      command(
        program,
        'export <db> <collection> [file]',
        'write the records of a collection; without a file, or for -, to standard output',
        [
          'leasehold export ./data cities cities.ndjson',
          'leasehold export ./data cities --format csv | gzip > cities.csv.gz',
          `leasehold export ./data cities france.csv --prefix '["FR"]' --key country,name`,
          'leasehold export tcp://host:7070 cities cities.ndjson',
        ],
      ),
    ),
  )
    .addOption(formatOption())
    .option('--key <fields>', 'the fields of which keys are made, so that they need not stand beside the records', list)
    .option('--no-key', 'each record has its key beside it, whatever that is made of')
    .action(
      calling(
        async (
          db: string,
          collection: string,
          file: string | undefined,
          options: ExportCommandOptions & AddressOptions,
        ) =>
          isAddress(db)
            ? (await import('./remote/export.ts')).exportRemote(db, collection, file, options)
            : (await import('./commands/export.ts')).exportCommand(db, collection, file, options),
      ),
    );
}

function defineEntries(program: Command, calling: Calling): void {
  withAddressOptions(
    command(program, 'get <db> <collection> <key>', 'show the value of a key', [
      `leasehold get ./data cities '["FR", "Paris", 2988507]'`,
      `leasehold get tcp://host:7070 words '"zebra"'`,
    ]),
  ).action(
    calling(async (db: string, collection: string, key: string, options: AddressOptions) =>
      isAddress(db)
        ? (await import('./remote/commands.ts')).getRemote(db, collection, key, options)
        : (await import('./commands/get.ts')).get(db, collection, key),
    ),
  );

  withAddressOptions(
    command(program, 'put <db> <collection> <key> <json>', 'store a value in a collection that exists', [
      `leasehold put ./data words '"zebra"' '"a striped animal"'`,
    ]),
  ).action(
    calling(async (db: string, collection: string, key: string, json: string, options: AddressOptions) =>
      isAddress(db)
        ? (await import('./remote/commands.ts')).putRemote(db, collection, key, json, options)
        : (await import('./commands/put.ts')).put(db, collection, key, json),
    ),
  );

  withAddressOptions(
    command(program, 'del <db> <collection> [key]', 'delete a key, or all keys with a prefix', [
      `leasehold del ./data words '"zebra"'`,
      `leasehold del ./data cities --prefix '["FR"]'`,
    ]),
  )
    .option('--prefix <key>', 'all keys that begin with these elements (tuple) or bytes (utf8, bytes)')
    .action(
      calling(async (db: string, collection: string, key: string | undefined, options: object) =>
        isAddress(db)
          ? (await import('./remote/commands.ts')).delRemote(db, collection, key, options)
          : (await import('./commands/del.ts')).del(db, collection, key, options),
      ),
    );

  command(program, 'clear <db> <collection>', 'delete all entries of a collection', [
    'leasehold clear ./data words',
  ]).action(
    calling(async (db: string, collection: string) => (await import('./commands/clear.ts')).clear(db, collection)),
  );

  command(program, 'drop <db> <collection>', 'delete a collection', ['leasehold drop ./data words']).action(
    calling(async (db: string, collection: string) => (await import('./commands/drop.ts')).drop(db, collection)),
  );
}

function defineScan(program: Command, calling: Calling): void {
  withAddressOptions(
    withRangeOptions(
      command(program, 'scan <db> <collection>', 'show entries in the order of their keys', [
        `leasehold scan ./data cities --prefix '["FR"]' --fields name,population --limit 10`,
        `leasehold scan ./data cities --json | head`,
        `leasehold scan ./data readings --gte 1000 --lt 2000 --reverse --count`,
        `leasehold scan ./data cities --limit 100 --cursor`,
        `leasehold scan tcp://host:7070 cities --limit 10`,
      ]),
    ),
  )
    .option('--fields <names>', 'only these fields of each record, such as name,population', list)
    .option('--json', 'JSON, one entry a line, on a terminal too')
    .addOption(new Option('--vertical', 'each field whole, on a line of its own').conflicts('json'))
    .option('--count', 'print only how many entries there are')
    .option('--cursor [text]', 'one page, of --limit entries; standard error then has the cursor of the next page')
    .action(
      calling(async (db: string, collection: string, options: ScanOptions & AddressOptions) =>
        isAddress(db)
          ? (await import('./remote/commands.ts')).scanRemote(db, collection, options)
          : (await import('./commands/scan.ts')).scan(db, collection, options),
      ),
    );
}

function defineInspection(program: Command, calling: Calling): void {
  withReadingOptions(
    command(
      program,
      'schema <source> [collection]',
      'print the schema of a collection, or of the records of a file, for --schema of an import',
      ['leasehold schema ./data cities', 'leasehold schema orders.csv --type id=u64 > orders.json'],
    ),
  ).action(
    calling(async (source: string, collection: string | undefined, options: ReadingOptions & SampleOptions) =>
      (await import('./commands/schema.ts')).schema(source, collection, options),
    ),
  );

  withAddressOptions(
    command(program, 'stat <db>', 'show the size of a database, and its collections', ['leasehold stat ./data']),
  ).action(
    calling(async (db: string, options: AddressOptions) =>
      isAddress(db)
        ? (await import('./remote/commands.ts')).statRemote(db, options)
        : (await import('./commands/stat.ts')).stat(db),
    ),
  );

  withAddressOptions(
    command(program, 'ls <db>', 'the names of the collections, a line each', ['leasehold ls tcp://host:7070']),
  ).action(
    calling(async (db: string, options: AddressOptions) =>
      isAddress(db)
        ? (await import('./remote/commands.ts')).lsRemote(db, options)
        : (await import('./commands/ls.ts')).ls(db),
    ),
  );

  command(program, 'readers <db>', 'show who is reading which version: its pages cannot be used again', [
    'leasehold readers ./data --check',
  ])
    .option('--check', 'first free the slots of dead processes')
    .action(
      calling(async (db: string, options: object) => (await import('./commands/readers.ts')).readers(db, options)),
    );

  command(program, 'copy <db> <directory>', 'copy a database that may be in use', [
    'leasehold copy ./data /backup/data --compact',
  ])
    .option('--compact', 'leave out unused pages')
    .action(
      calling(async (db: string, directory: string, options: object) =>
        (await import('./commands/copy.ts')).copy(db, directory, options),
      ),
    );

  command(program, 'verify <db>', 'read and decode every entry, and look up its key', ['leasehold verify ./data'])
    .addOption(new Option('--here').hideHelp())
    .action(
      calling(async (db: string, { here }: { here?: true }) =>
        here === true
          ? (await import('./verify/here.ts')).verifyHere(db)
          : (await import('./commands/verify.ts')).verify(db),
      ),
    );
}
