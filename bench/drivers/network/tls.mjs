// A leasehold server and its client, over TLS.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate, readCertificate } from '../../harness/certificate.mjs';
import { clientOf, serveRows } from './leasehold.mjs';

/** Gives the address, and where the certificate is. */
export async function start(folder, data) {
  const own = join(folder, 'tls');
  mkdirSync(own);
  const server = await serveRows(own, data, 'tls://127.0.0.1:0', makeCertificate(own));
  return `${server.addresses[0]} ${own}`;
}

export async function client(place) {
  const [address, folder] = place.split(' ');
  return clientOf(address, { tls: { ca: readCertificate(folder) } });
}
