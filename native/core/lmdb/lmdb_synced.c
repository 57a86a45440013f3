// A part of lmdb_access.c: versions of the database that are to be found again after a power cut.
#include "core/lmdb/lmdb_synced.h"

_Static_assert(sizeof(MDB_meta) <= LEASEHOLD_MOST_META_BYTES, "a meta page's content has to fit");

size_t leasehold_meta_size(void) { return sizeof(MDB_meta); }

uint64_t leasehold_meta_id(const leasehold_meta *meta) { return ((const MDB_meta *)meta)->mm_txnid; }

// FNV-1a, eight bytes at a time, with the high bits of each step mixed into the low ones.
uint64_t leasehold_checksum(const void *data, size_t size) {
  const uint8_t *at = data;
  uint64_t hash = 0xcbf29ce484222325u ^ size;
  for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t), at += sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    hash = (hash ^ word) * 0x100000001b3u;
    hash ^= hash >> 32;
  }
  for (; size > 0; size--, at++) hash = (hash ^ *at) * 0x100000001b3u;
  return hash ^ hash >> 29;
}

int leasehold_pin(MDB_txn *holder, leasehold_meta *meta) {
  MDB_env *env = holder->mt_env;
  MDB_txninfo *table = env->me_txns;
  MDB_reader *slot = holder->mt_u.reader;
  for (;;) {
    const txnid_t id = table->mti_txnid;
    slot->mr_txnid = id;
    // Either a writer that begins now sees the slot, or its commit is seen here.
    __sync_synchronize();
    if (table->mti_txnid != id) continue;
    memset(meta, 0, sizeof(*meta));
    memcpy(meta, env->me_metas[id & 1], sizeof(MDB_meta));
    __sync_synchronize();
    // The commit after the next one writes the same meta page.
    if (table->mti_txnid != id) continue;
    return leasehold_meta_id(meta) == id ? MDB_SUCCESS : MDB_CORRUPTED;
  }
}

void leasehold_unpin(MDB_txn *holder) { holder->mt_u.reader->mr_txnid = (txnid_t)-1; }

void leasehold_raise(MDB_txn *holder, uint64_t id) { holder->mt_u.reader->mr_txnid = id; }

uint64_t leasehold_newest_id(MDB_env *env) { return env->me_txns->mti_txnid; }

uint64_t leasehold_base_id(MDB_txn *txn) { return txn->mt_txnid - 1; }

int leasehold_is_nearly_full(MDB_txn *txn) {
  return txn->mt_next_pgno > txn->mt_env->me_maxpg - txn->mt_env->me_maxpg / 8;
}

// Reads the whole of a piece of a file: 0, an errno, or MDB_CORRUPTED if the file ends before it does.
static int read_all(int fd, void *data, size_t size, off_t at) {
  while (size > 0) {
    const ssize_t got = pread(fd, data, size, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return MDB_CORRUPTED;
    data = (char *)data + got;
    size -= (size_t)got;
    at += got;
  }
  return MDB_SUCCESS;
}

int leasehold_hash_roots(int fd, const leasehold_meta *meta, uint64_t *hash) {
  const MDB_meta *version = (const MDB_meta *)meta;
  const size_t page_size = version->mm_psize;
  *hash = 0;
  if (page_size < 256 || page_size > MAX_PAGESIZE) return MDB_CORRUPTED;
  char *page = malloc(page_size);
  if (page == NULL) return ENOMEM;
  int rc = MDB_SUCCESS;
  for (int i = 0; i < CORE_DBS && rc == MDB_SUCCESS; i++) {
    const pgno_t root = version->mm_dbs[i].md_root;
    if (root == P_INVALID) continue;
    rc = read_all(fd, page, page_size, (off_t)(root * page_size));
    *hash = (*hash ^ leasehold_checksum(page, page_size)) * 0x100000001b3u;
  }
  free(page);
  return rc;
}

int leasehold_write_metas(int fd, const leasehold_meta *meta) {
  const size_t page_size = ((const MDB_meta *)meta)->mm_psize;
  for (size_t i = 0; i < NUM_METAS; i++) {
    MDB_metabuf page;
    memset(&page, 0, sizeof(page));
    page.mb_page.mp_pgno = i;
    page.mb_page.mp_flags = P_META;
    memcpy(&page.mb_metabuf.mm_meta, meta, sizeof(MDB_meta));
    ssize_t written;
    do written = pwrite(fd, &page, sizeof(page), (off_t)(i * page_size));
    while (written < 0 && errno == EINTR);
    if (written != (ssize_t)sizeof(page)) return written < 0 ? errno : ENOSPC;
  }
  return MDB_SUCCESS;
}
