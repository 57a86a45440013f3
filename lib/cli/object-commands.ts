import type { Command } from 'commander';
import { type Calling, command, number } from './command-options.ts';
import type { ObjectsOptions } from './commands/objects.ts';

/** Defines the commands about persistent objects. */
export function defineObjects(program: Command, calling: Calling): void {
  command(
    program,
    'objects <store> <action> [args...]',
    'persistent objects, of a store by its name or path. Actions: ls, get <id or path, as in guests.ann.name>, set <property> <json>, check, collect, classes',
    [
      'leasehold objects shop ls --class shop.Frob --limit 10',
      'leasehold objects ./data/shop get x.next',
      'leasehold objects shop collect',
    ],
  )
    .option('--class <name>', 'ls: only objects of this class')
    .option('--limit <n>', 'ls: at most so many objects', number)
    .option('--replace', 'set: also where the property refers to an object')
    .action(
      calling(async (store: string, action: string, args: string[], options: ObjectsOptions) =>
        (await import('./commands/objects.ts')).objects(store, action, args, options),
      ),
    );

  const stores = command(program, 'stores', 'the names by which programs open stores', [
    'leasehold stores add shop ./data/shop',
    'leasehold stores list',
  ]);
  const file = '--file <file>';
  const aboutFile = "the file of names, such as leasehold.json (default: the user's own)";
  stores
    .command('list', { isDefault: true })
    .description('show the names that hold here, and where each is registered')
    .action(calling(async () => (await import('./commands/stores.ts')).listStores()));
  stores
    .command('add <name> <path>')
    .description('register a name, or give it another path')
    .option(file, aboutFile)
    .action(
      calling(async (name: string, path: string, options: object) =>
        (await import('./commands/stores.ts')).addStore(name, path, options),
      ),
    );
  stores
    .command('remove <name>')
    .description('take a name out of a file; the store stays')
    .option(file, aboutFile)
    .action(
      calling(async (name: string, options: object) =>
        (await import('./commands/stores.ts')).removeStore(name, options),
      ),
    );
}
