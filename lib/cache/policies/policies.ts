import { Arc } from './arc.ts';
import { Buddy } from './buddy.ts';
import { Clock } from './clock.ts';
import { Fifo } from './fifo.ts';
import { Gdsf } from './gdsf.ts';
import { Lru } from './lru.ts';
import { Pages } from './pages.ts';
import type { Policy } from './policy.ts';
import { Ring } from './ring.ts';
import { PlainS3Fifo, S3FifoPolicy } from './s3-fifo-policy.ts';
import { Sieve } from './sieve.ts';
import { TwoFiles, TwoFilesCopy } from './two-files.ts';
import { TwoQ } from './two-q.ts';
import { WTinyLfu } from './w-tiny-lfu.ts';

/** The policies by name. `s3-fifo` is that of the cache on disk. */
export const POLICIES: { readonly [name: string]: new (capacity: number) => Policy } = {
  's3-fifo': S3FifoPolicy,
  's3-fifo-plain': PlainS3Fifo,
  gdsf: Gdsf,
  'w-tinylfu': WTinyLfu,
  arc: Arc,
  '2q': TwoQ,
  sieve: Sieve,
  clock: Clock,
  lru: Lru,
  fifo: Fifo,
  pages: Pages,
  buddy: Buddy,
  ring: Ring,
  'two-files-copy': TwoFilesCopy,
  'two-files': TwoFiles,
};
