import type { FrameWriter } from './frame-writer.ts';
import { checkHelloLimits } from './limits.ts';
import { type Payload, protocolError } from './payload.ts';
import { MAGIC, PROTOCOL, type WireLimits } from './protocol.ts';

/** The commit up to which a client has been told everything. */
export interface SeenCommit {
  readonly tid: number;
  readonly nonce: string;
}

/** What a client says first. */
export interface ClientHello {
  readonly token?: string;
  /** A client that was connected before goes on after this commit. */
  readonly after?: SeenCommit;
  /** The store that it was connected to. */
  readonly storeId?: string;
  /** What the client is, for the server's log. */
  readonly name?: string;
}

/** What a server answers. */
export interface ServerHello {
  readonly storeId: string;
  /** The newest commit that the server has told; all up to it that the client lacks come next. */
  readonly tid: number;
  readonly nonce: string;
  readonly limits: WireLimits;
  /** Why the client cannot go on after the commit that it has seen. */
  readonly reset?: 'too-old' | 'other-history';
  readonly readOnly?: boolean;
  /** Tells clients apart that may see different things: they are told different changes. Absent: the client may see everything. */
  readonly rights?: string;
}

/** Both sides begin with their version, so that each can say that the other is too old. */
export function writeHello(out: FrameWriter, hello: ClientHello | ServerHello): void {
  out.u32(MAGIC);
  out.u16(PROTOCOL);
  out.u16(0);
  out.json(hello);
}

export function readClientHello(payload: Payload): ClientHello {
  const { token, after, storeId, name } = readHello(payload);
  const seen = after as { tid?: unknown; nonce?: unknown } | undefined;
  if (
    (token !== undefined && typeof token !== 'string') ||
    (storeId !== undefined && typeof storeId !== 'string') ||
    (name !== undefined && typeof name !== 'string') ||
    (seen !== undefined &&
      (typeof seen !== 'object' || seen === null || !isTid(seen.tid) || typeof seen.nonce !== 'string'))
  ) {
    throw protocolError('HELLO has a field of a wrong type');
  }
  return {
    ...(token !== undefined && { token }),
    ...(storeId !== undefined && { storeId }),
    ...(name !== undefined && { name: name.slice(0, 200) }),
    ...(seen !== undefined && { after: { tid: seen.tid as number, nonce: seen.nonce as string } }),
  };
}

export function readServerHello(payload: Payload): ServerHello {
  const hello = readHello(payload);
  const { storeId, tid, nonce, limits, reset, rights } = hello;
  if (
    typeof storeId !== 'string' ||
    !isTid(tid) ||
    typeof nonce !== 'string' ||
    (rights !== undefined && typeof rights !== 'string') ||
    (reset !== undefined && reset !== 'too-old' && reset !== 'other-history')
  ) {
    throw protocolError('HELLO of the server has a field of a wrong type');
  }
  return {
    storeId,
    tid: tid as number,
    nonce,
    limits: checkHelloLimits(limits),
    ...(reset !== undefined && { reset }),
    ...(hello['readOnly'] === true && { readOnly: true }),
    ...(rights !== undefined && { rights }),
  };
}

function readHello(payload: Payload): { readonly [name: string]: unknown } {
  if (payload.u32() !== MAGIC) throw protocolError('the other side does not speak the protocol of leasehold');
  const version = payload.u16();
  if (version !== PROTOCOL) {
    throw protocolError(
      `the other side speaks version ${version} of the protocol, and this one version ${PROTOCOL}: use versions of leasehold that fit together`,
    );
  }
  payload.u16();
  return payload.json();
}

function isTid(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
