import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';

/** A certificate and its key, as PEM: what the option `tls` takes. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

interface Authority extends Certificate {
  readonly name: string;
  /** A certificate that this authority has signed. `hosts`: names and IPv4 addresses of a server. */
  sign(name: string, more?: { readonly hosts?: readonly string[]; readonly isExpired?: boolean }): Certificate;
}

/** A new authority, which no system knows: its `cert` is the option `ca` of those who trust it. */
export function makeAuthority(name: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = certificate({
    name,
    issuer: name,
    publicKey: keys.publicKey,
    signer: keys.privateKey,
    isAuthority: true,
  });
  return {
    name,
    cert: own,
    key: pemOf(keys.privateKey),
    sign: (subject, more = {}) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const cert = certificate({ name: subject, issuer: name, publicKey, signer: keys.privateKey, ...more });
      return { cert, key: pemOf(privateKey) };
    },
  };
}

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const SUBJECT_ALT_NAME = oid('551d11');
const BASIC_CONSTRAINTS = oid('551d13');
const TRUE = tagged(0x01, Buffer.from([0xff]));

let serial = 1;

/** An X.509 certificate (RFC 5280) as PEM. */
function certificate(made: {
  readonly name: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly hosts?: readonly string[];
  readonly isAuthority?: boolean;
  readonly isExpired?: boolean;
}): string {
  const { name, issuer, publicKey, signer, hosts = [], isAuthority = false, isExpired = false } = made;
  const extensions: Buffer[] = [];
  if (isAuthority) extensions.push(sequence(BASIC_CONSTRAINTS, TRUE, tagged(0x04, sequence(TRUE))));
  if (hosts.length > 0) extensions.push(sequence(SUBJECT_ALT_NAME, tagged(0x04, sequence(...hosts.map(hostName)))));
  const content = sequence(
    tagged(0xa0, integer(2)),
    integer(serial++),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(time('200101000000Z'), time(isExpired ? '200102000000Z' : '491231000000Z')),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tagged(0xa3, sequence(...extensions))]),
  );
  const signature = sign('sha256', content, signer);
  const whole = sequence(content, ECDSA_WITH_SHA256, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return new X509Certificate(whole).toString();
}

function hostName(host: string): Buffer {
  const isAddress = /^[\d.]+$/.test(host);
  return isAddress ? tagged(0x87, Buffer.from(host.split('.').map(Number))) : tagged(0x82, Buffer.from(host));
}

function nameOf(name: string): Buffer {
  return sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name)))));
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function integer(value: number): Buffer {
  return tagged(0x02, Buffer.from([value]));
}

function time(text: string): Buffer {
  return tagged(0x17, Buffer.from(text));
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** A value in DER: its tag, its length, its bytes. */
function tagged(tag: number, bytes: Buffer): Buffer {
  const { length } = bytes;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), bytes]);
}
