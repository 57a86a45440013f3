// A store in PostgreSQL whose commits share waits for the disk.
import { clientOf } from './leasehold.mjs';

export const client = (places) => clientOf(places, { flush: 'shared' });
