import { createHash, timingSafeEqual } from 'node:crypto';
import { checkObject, checkOptionNames } from '../../base/check-arguments.ts';
import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import type { ByteRange } from '../../read/bounds.ts';
import type { Change } from '../../versions/engine/engine.ts';
import { GrantedRange, type GrantPrefix } from './granted-range.ts';

/** What the bearer of a token may do with collections. */
export interface Grant {
  /** The name of a collection; '*' for all. */
  readonly collection: string;
  /** Only keys that begin with this: with the bytes of a text, with bytes, or, where keys are tuples, with the elements of an array. */
  readonly prefix?: GrantPrefix;
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
  readonly keys: GrantedRange;
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
      keys: new GrantedRange(prefix),
      write: write === true,
    }));
    const isAll = allowed?.some(({ collection, keys, write }) => collection === '*' && keys.isWhole && write);
    this.#allowed = isAll === true ? undefined : allowed;
  }

  /** Others with the same rights have the same one, those with other rights have another. Undefined: all rights. */
  get fingerprint(): string | undefined {
    const shown = this.#allowed?.map(({ collection, keys }) => [collection, keys.fingerprint]);
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

  /** Whether a key may be read, or written. */
  allowsKey(collection: string, key: Uint8Array, write: boolean): boolean {
    return this.#allowed === undefined || this.#for(collection, write).some(({ keys }) => keys.has(key));
  }

  /** Whether all keys of a range may be read, or written. */
  allowsRange(collection: string, range: ByteRange, write: boolean): boolean {
    return this.#allowed === undefined || this.#for(collection, write).some(({ keys }) => keys.hasRange(range));
  }

  /** `ERR_FORBIDDEN` unless a key may be read, or written. */
  checkKey(collection: string, key: Uint8Array, write: boolean): void {
    if (this.allowsKey(collection, key, write)) return;
    throw forbidden(this.name, `${write ? 'write' : 'read'} this key of '${collection}'`);
  }

  /** `ERR_FORBIDDEN` unless all keys of a range may be read, or written. */
  checkRange(collection: string, range: ByteRange, write: boolean): void {
    if (this.allowsRange(collection, range, write)) return;
    const rest = this.#for(collection, write).length > 0 ? ': keep to the prefix that its token grants' : '';
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
        if (allowed.some((grant) => grant.keys.isWhole)) changes.push(each);
        // The bounds of a range that was changed may be keys that it must not know.
        else for (const grant of allowed) changes.push({ ...each, range: grant.keys.range });
      } else {
        const seen = keys.filter((key) => allowed.some((grant) => grant.keys.has(key)));
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
  const isPrefix = typeof prefix === 'string' || prefix instanceof Uint8Array || Array.isArray(prefix);
  if (prefix !== undefined && !isPrefix) throw invalidType('prefix', 'a string, bytes or an array', prefix);
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
