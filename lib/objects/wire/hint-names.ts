import { invalidValue } from '../../base/errors.ts';
import { definitionOf, forEachDefinition } from '../class/definition.ts';
import { dictionaryDefinition } from '../collections/dictionary.ts';
import type { CheckedHints } from '../hints.ts';
import type { Definition, FieldDefinition } from '../model.ts';
import { isCollection } from './collection-classes.ts';
import type { WireBase } from './wire-base.ts';

/** The classes of the objects that can be at a place of hints; undefined: any. */
type Candidates = readonly Definition[] | undefined;

/** A name that no object at its place can have. */
interface Misspelt {
  readonly path: string;
  readonly candidates: Candidates;
}

/**
 * Refuses hints with a name that no object at its place can have: a field of none of the classes that a reference allows; or, where nothing says which classes there can be, of no
 * class that the program or the store knows. `of`: the class of the object to which the hints belong, if it is known. `ERR_INVALID_ARG_VALUE`.
 */
export async function checkHintNames(
  base: WireBase,
  hints: CheckedHints,
  of: Definition | undefined,
  name: string = 'hints',
): Promise<void> {
  const candidates = of === undefined ? undefined : [of];
  if (findMisspelt(base, hints, candidates, name) === undefined) return;
  // Others may have added classes since these were read.
  await base.classes.refresh();
  const misspelt = findMisspelt(base, hints, candidates, name);
  if (misspelt !== undefined) throw unknownName(misspelt);
}

function findMisspelt(
  base: WireBase,
  { fields }: CheckedHints,
  candidates: Candidates,
  path: string,
): Misspelt | undefined {
  const isOpen = candidates === undefined || candidates.some(hasAnyNames);
  for (const { name, hints } of fields) {
    const here = `${path}.${name}`;
    const found = candidates === undefined ? [] : fieldsNamed(candidates, name);
    const isKnown = found.length > 0 || (candidates?.some(isRoot) ?? false) || (isOpen && isSomewhere(base, name));
    if (!isKnown) return { path: here, candidates: isOpen ? undefined : candidates };
    const misspelt = findMisspelt(base, hints, isOpen ? undefined : targetsOf(found), here);
    if (misspelt !== undefined) return misspelt;
  }
  return undefined;
}

/** The properties of a root can have any names. */
function isRoot(definition: Definition): boolean {
  return definition === dictionaryDefinition;
}

/** Whether hints name what other objects have: those in a collection, whose classes nothing tells. */
function hasAnyNames(definition: Definition): boolean {
  return definition.isOpaque || isCollection(definition);
}

function fieldsNamed(candidates: readonly Definition[], name: string): FieldDefinition[] {
  return candidates.map(({ byName }) => byName.get(name)).filter((field) => field !== undefined);
}

/** The classes of what fields refer to, with those that extend them; undefined if one of the fields can have objects of any class. */
function targetsOf(fields: readonly FieldDefinition[]): Candidates {
  const classes = fields.map(targetOf);
  if (classes.some((each) => definitionOf(each) === undefined)) return undefined;
  const targets: Definition[] = [];
  forEachDefinition((definition) => {
    if (!targets.includes(definition) && classes.some((each) => definition.extends(each))) targets.push(definition);
  });
  return targets;
}

/** The class to which a field refers; undefined if it has not said one, or cannot yet. */
function targetOf({ target }: FieldDefinition): unknown {
  try {
    return target?.();
  } catch {
    return undefined;
  }
}

/** Whether any class has a field of that name. */
function isSomewhere(base: WireBase, name: string): boolean {
  let isFound = base.classes.hasField(name);
  forEachDefinition(({ byName }) => {
    isFound ||= byName.has(name);
  });
  return isFound;
}

function unknownName({ path, candidates }: Misspelt): Error {
  if (candidates === undefined) return invalidValue(`${path} is a field of no persistent class`);
  const names = new Set(candidates.flatMap(({ fields }) => fields.filter(canHint).map(({ name }) => name)));
  const classes = candidates.map(({ name }) => `'${name}'`).join(', ');
  const advice = names.size === 0 ? 'they refer to nothing' : `hints can name ${[...names].join(', ')}`;
  return invalidValue(`${path} is no field of ${classes}: ${advice}`);
}

function canHint({ kind }: FieldDefinition): boolean {
  return kind === 'reference' || kind === 'plain';
}
