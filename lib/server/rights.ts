import { createHash, timingSafeEqual } from 'node:crypto';
import { checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import type { ByteRange } from '../read/bounds.ts';
import type { Change } from '../versions/engine/engine.ts';

/** What the bearer of a token may do with collections. */
export interface Grant {
  /** The name of a collection; '*' for all. */
  readonly collection: string;
  /** Only keys that begin with these bytes: text, or bytes of a key codec. */
  readonly prefix?: string | Uint8Array;
  readonly read?: boolean;
  /** Writing includes reading. */
  readonly write?: boolean;
}

/** A token and its rights. */
export interface Token {
  readonly token: string;
  /** For the log and the metrics. */
  readonly name?: string;
  readonly grants: readonly Grant[];
}

interface Allowed {
  readonly collection: string;
  readonly prefix: Uint8Array;
  readonly write: boolean;
}

/** What a client may do. */
export class Rights {
  readonly name: string;
  readonly #allowed: readonly Allowed[] | undefined;

  /** Without `grants`: everything. */
  constructor(name: string, grants?: readonly Grant[]) {
    this.name = name;
    const allowed = grants?.map(({ collection, prefix, write }) => ({
      collection,
      prefix: typeof prefix === 'string' ? Buffer.from(prefix) : (prefix ?? new Uint8Array(0)),
      write: write === true,
    }));
    const isAll = allowed?.some(({ collection, prefix, write }) => collection === '*' && prefix.length === 0 && write);
    this.#allowed = isAll === true ? undefined : allowed;
  }

  /** Others with the same rights have the same one, those with other rights have another. Undefined: all rights. */
  get fingerprint(): string | undefined {
    const shown = this.#allowed?.map(({ collection, prefix }) => [collection, Buffer.from(prefix).toString('hex')]);
    return shown === undefined ? undefined : hashOf(JSON.stringify(shown)).toString('hex').slice(0, 32);
  }

  /** Whether it may do everything. */
  get isAll(): boolean {
    return this.#allowed === undefined;
  }

  /** Whether it may do anything with a collection. */
  sees(collection: string): boolean {
    return this.#allowed === undefined || this.#for(collection, false).length > 0;
  }

  /** `ERR_FORBIDDEN` unless a key may be read, or written. */
  checkKey(collection: string, key: Uint8Array, write: boolean): void {
    if (this.#allowed === undefined) return;
    if (this.#for(collection, write).some(({ prefix }) => beginsWith(key, prefix))) return;
    throw forbidden(this.name, `${write ? 'write' : 'read'} this key of '${collection}'`);
  }

  /** `ERR_FORBIDDEN` unless all keys of a range may be read, or written. */
  checkRange(collection: string, { lower, upper, upperOpen }: ByteRange, write: boolean): void {
    if (this.#allowed === undefined) return;
    const isInside = ({ prefix }: Allowed): boolean =>
      prefix.length === 0 ||
      (lower !== undefined &&
        beginsWith(lower, prefix) &&
        upper !== undefined &&
        (beginsWith(upper, prefix) || (upperOpen && Buffer.compare(upper, afterPrefix(prefix)) === 0)));
    const allowed = this.#for(collection, write);
    if (allowed.some(isInside)) return;
    const rest = allowed.length > 0 ? ': keep to the prefix that its token grants' : '';
    throw forbidden(this.name, `${write ? 'write' : 'read'} this range of '${collection}'${rest}`);
  }

  /** The part of a commit that the client may know of. */
  seen(change: Change): Change {
    if (this.#allowed === undefined) return change;
    const changes: Change['changes'][number][] = [];
    for (const each of change.changes) {
      const allowed = this.#for(each.collection, false);
      if (allowed.length === 0) continue;
      const { keys } = each;
      if (keys === undefined) {
        if (allowed.some(({ prefix }) => prefix.length === 0)) changes.push(each);
        // The bounds of a range that was changed may be keys that it must not know.
        else for (const { prefix } of allowed) changes.push({ ...each, range: rangeOf(prefix) });
      } else {
        const seen = keys.filter((key) => allowed.some(({ prefix }) => beginsWith(key, prefix)));
        if (seen.length > 0) changes.push({ ...each, keys: seen });
      }
    }
    return { ...change, ids: [], changes };
  }

  #for(collection: string, write: boolean): readonly Allowed[] {
    return (this.#allowed as readonly Allowed[]).filter(
      (each) => (each.collection === '*' || each.collection === collection) && (each.write || !write),
    );
  }
}

/** The tokens of a server. */
export class Tokens {
  readonly #known: readonly { readonly hash: Buffer; readonly rights: Rights }[];

  constructor(tokens: readonly Token[]) {
    this.#known = tokens.map(({ token, name, grants }, i) => ({
      hash: hashOf(token),
      rights: new Rights(name ?? `token ${i + 1}`, grants),
    }));
  }

  /** `ERR_FORBIDDEN`. Takes as long for a wrong token as for a right one. */
  rightsOf(token: string | undefined): Rights {
    const hash = hashOf(token ?? '');
    let found: Rights | undefined;
    for (const each of this.#known) if (timingSafeEqual(each.hash, hash)) found = each.rights;
    if (found !== undefined && token !== undefined) return found;
    throw new LeaseholdError(
      'ERR_FORBIDDEN',
      token === undefined ? 'the server wants a token: give the option token' : 'the server does not know this token',
    );
  }
}

/** Reads the option tokens. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function readTokens(given: readonly Token[] | undefined): Tokens | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) throw invalidType('tokens', 'an array', given);
  for (const each of given as Token[]) {
    checkObject(each, 'a token');
    checkOptionNames(each, ['token', 'name', 'grants'], 'a token');
    if (typeof each.token !== 'string') throw invalidType('token', 'a string', each.token);
    if (each.token.length < 16) throw invalidValue('a token must have 16 characters or more: it could be guessed');
    if (!Array.isArray(each.grants)) throw invalidType('grants', 'an array', each.grants);
    for (const grant of each.grants as Grant[]) checkGrant(grant);
  }
  return new Tokens(given);
}

function checkGrant(grant: Grant): void {
  checkObject(grant, 'a grant');
  checkOptionNames(grant, ['collection', 'prefix', 'read', 'write'], 'a grant');
  if (typeof grant.collection !== 'string') throw invalidType('collection', 'a string', grant.collection);
  const { prefix } = grant;
  if (prefix !== undefined && typeof prefix !== 'string' && !(prefix instanceof Uint8Array))
    throw invalidType('prefix', 'a string or bytes', prefix);
  for (const name of ['read', 'write'] as const) {
    if (grant[name] !== undefined && typeof grant[name] !== 'boolean')
      throw invalidType(name, 'a boolean', grant[name]);
  }
  if (grant.read !== true && grant.write !== true) throw invalidValue('a grant must have read: true or write: true');
}

/** `ERR_FORBIDDEN` */
export function forbidden(name: string, what: string): LeaseholdError {
  return new LeaseholdError('ERR_FORBIDDEN', `${name} may not ${what}`);
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function beginsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (key[i] !== prefix[i]) return false;
  return true;
}

function rangeOf(prefix: Uint8Array): ByteRange {
  return { lower: prefix, lowerOpen: false, upper: afterPrefix(prefix), upperOpen: true };
}

/** The least bytes that are greater than all that begin with a prefix. */
function afterPrefix(prefix: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(prefix);
  for (let i = bytes.length - 1; i >= 0; i--) {
    if ((bytes[i] as number) < 255) {
      bytes[i] = (bytes[i] as number) + 1;
      return bytes.subarray(0, i + 1);
    }
  }
  return new Uint8Array(512).fill(255);
}
