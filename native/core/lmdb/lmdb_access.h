// What leasehold needs of LMDB beyond its public interface. lmdb_access.c compiles mdb.c as part of itself and so can
// reach what that file keeps to itself. What is changed in mdb.c stands in native/lmdb/.
#ifndef LEASEHOLD_CORE_LMDB_ACCESS_H_
#define LEASEHOLD_CORE_LMDB_ACCESS_H_

#include <lmdb.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Where the file is mapped, or NULL before the environment is open. (mdb_env_info tells it for MDB_FIXEDMAP alone.)
const uint8_t *leasehold_map_base(MDB_env *env);

// mdb_env_set_mapsize, but that a size that cannot be mapped leaves the map as it is. ENOMEM then.
int leasehold_set_mapsize(MDB_env *env, size_t size);

// How many bytes of the map a read transaction can see.
size_t leasehold_used_bytes(MDB_txn *txn);

// mdb_get. In a read transaction, on a database with plain keys, it goes down the tree without a cursor, compares keys
// inline and fetches ahead the nodes that it may compare next: three quarters of the time.
// MDB_CORRUPTED for a value that reaches beyond what the transaction sees.
int leasehold_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value);

// MDB_CORRUPTED for the bytes of an entry that reach beyond what the transaction sees: in a damaged file the length of
// a value may be anything, and reading behind the end of the file is a SIGBUS.
int leasehold_check_bytes(MDB_txn *txn, const MDB_val *bytes);

// One entry of a batch. Offsets count from the batch's windows.
typedef struct leasehold_row {
  uint32_t key_offset;
  uint32_t key_length;
  uint32_t value_offset;
  uint32_t value_length;
} leasehold_row;

// Which bytes a batch may describe.
typedef struct leasehold_windows {
  const uint8_t *keys;
  const uint8_t *values;
  size_t key_extent;  // bytes of the window that may be described
  size_t value_extent;
  int keys_only;  // values are given no bytes
} leasehold_windows;

// Describes entries of the leaf page that a read-only cursor stands on, beginning with the one it stands on, and leaves
// it on the last one described. Stops after `max` rows, at the end of the page (where keys can have several values,
// also at the end of one key's values or before it), or before an entry outside of the windows or that would bring the
// bytes described above `*budget`; then `*budget` is 0, else what is left of it. With `any`, the first entry is
// described whatever its size. Returns how many rows.
unsigned leasehold_leaf_rows(MDB_cursor *cursor, int reverse, const leasehold_windows *windows, leasehold_row *rows,
                             unsigned max, int any, size_t *budget);

// The last key of the leaf page that the cursor stands on; 0 if it stands on none.
int leasehold_leaf_last(MDB_cursor *cursor, MDB_val *last_key);

// Moves the cursor to the last key of its leaf page. Returns how many entries there are from where it stood, the first
// value of a key, to the end of the page. Where keys can have several values, MDB_NEXT_NODUP is what may follow.
size_t leasehold_leaf_skip(MDB_cursor *cursor);

// Whether the entry that a cursor of the unnamed database stands on is the record of a named one.
int leasehold_is_collection(MDB_cursor *cursor);

// Finds a named database, and its persistent flags. MDB_NOTFOUND if the transaction sees none of that name,
// MDB_INCOMPATIBLE if what it sees under that name is an ordinary entry.
int leasehold_find_collection(MDB_txn *txn, const char *name, unsigned *flags);

// Makes a handle stand for the databases of that name and those flags: it needs no transaction. No transaction may be
// using it. MDB_DBS_FULL for one beyond the limit, ENOMEM. One thread at a time; others may use other handles
// meanwhile.
int leasehold_open_handle(MDB_env *env, MDB_dbi dbi, const char *name, unsigned flags);

// The oldest version that a transaction of this process reads or could begin to read; 0 if there is no table of
// readers.
uint64_t leasehold_oldest_read(MDB_env *env);

// Looks up what a handle stands for in a transaction, after which LMDB's functions take it there. The transaction must
// see a database of its name and its flags.
int leasehold_use_handle(MDB_txn *txn, MDB_dbi dbi);

// Makes a named database, which is empty and has these persistent flags. MDB_KEYEXIST if there is one of that name;
// MDB_INCOMPATIBLE if there can be none, because of an entry of that name or the flags of the unnamed database.
int leasehold_make_collection(MDB_txn *txn, const char *name, unsigned flags);

// mdb_drop(txn, dbi, 1), but the handle stays: other transactions may be using it, and this one may make the database
// again, or be rolled back.
int leasehold_drop(MDB_txn *txn, MDB_dbi dbi);

// mdb_cursor_put, faster: where keys come in order, since the cursor still stands where the one before was put; where
// they do not, since what is compared on the way down is fetched ahead. A page that is full at the end of the tree is
// left full, as MDB_APPEND would leave it, and not split in the middle. For databases without duplicates.
int leasehold_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value);

// Fills the pages that stand before all others, as many bytes as leasehold_metas_size says, so that the file that they
// begin is of the version that a read-only transaction sees.
void leasehold_fill_metas(MDB_txn *txn, void *pages);
size_t leasehold_metas_size(MDB_env *env);

// The same for a new, empty database, with an environment that has not been opened: these pages are all of its file.
void leasehold_fill_new_metas(MDB_env *env, void *pages);
size_t leasehold_new_metas_size(MDB_env *env);

// How many bytes of the map a transaction may use.
size_t leasehold_extent(MDB_txn *txn);

// A slot of the table of readers. `txn_id` is LEASEHOLD_NO_TXN where no transaction reads.
typedef struct leasehold_reader {
  int pid;
  uintptr_t thread;
  size_t txn_id;
} leasehold_reader;

#define LEASEHOLD_NO_TXN ((size_t)-1)

// Tells of the slots that are taken, at most `max`: how many. 0 as well if the file system is read-only, so that there
// is no table.
unsigned leasehold_list_readers(MDB_env *env, leasehold_reader *readers, unsigned max);

// The descriptor of lock.mdb, -1 where the environment has none.
int leasehold_lock_file(MDB_env *env);

// The last transaction that was committed, as the lock file tells; as the data file does where there is none.
size_t leasehold_last_transaction(MDB_env *env);

// MDB_CORRUPTED if the data file is not the one that the numbers in the lock file are of: for a transaction that has
// just begun. Always 0 without a lock file.
int leasehold_check_numbers(MDB_txn *txn);

// The oldest version that a reader stands on; the last one committed if no reader stands on an older one.
size_t leasehold_oldest_version(MDB_txn *txn);

// Marks both files as used with each other until they are closed. LEASEHOLD_OTHER_DATA if somebody has the lock file
// open with another data file, LEASEHOLD_OTHER_LOCK if the data file with another lock file.
int leasehold_claim_files(MDB_env *env);

// Takes the marks away: before the environment is closed.
void leasehold_release_files(MDB_env *env);

#define LEASEHOLD_OTHER_DATA 1
#define LEASEHOLD_OTHER_LOCK 2

// MDB_CORRUPTED if a page that the transaction can reach lies beyond `file_pages`. Reading such a page would be a
// SIGBUS. (A sound file may be shorter than its last page number says: pages allocated and freed in one transaction are
// never written.)
int leasehold_check_extent(MDB_txn *txn, size_t file_pages);

// What a meta page says of a version of the database: LMDB's MDB_meta, with zeros behind it.
#define LEASEHOLD_MOST_META_BYTES 256
typedef struct leasehold_meta {
  uint64_t words[LEASEHOLD_MOST_META_BYTES / sizeof(uint64_t)];
} leasehold_meta;
size_t leasehold_meta_size(void);
// The transaction that committed it.
uint64_t leasehold_meta_id(const leasehold_meta *meta);

uint64_t leasehold_checksum(const void *data, size_t size);

// Has the reader slot of `holder`, a read-only transaction that was reset, keep the pages of the newest version from
// being used again, and tells of that version. Unlike mdb_txn_renew it does not mind how large the map is.
// MDB_CORRUPTED if the meta page is of another version than the lock file says.
int leasehold_pin(MDB_txn *holder, leasehold_meta *meta);
void leasehold_unpin(MDB_txn *holder);
// Pins a later version instead, which the one pinned so far has kept.
void leasehold_raise(MDB_txn *holder, uint64_t id);
uint64_t leasehold_newest_id(MDB_env *env);

// The version that a write transaction goes on from.
uint64_t leasehold_base_id(MDB_txn *txn);

// Whether less than an eighth of the map has never been used.
int leasehold_is_nearly_full(MDB_txn *txn);

// A number that two versions share only if the same bytes stand where their trees begin. What reading the file says.
int leasehold_hash_roots(int fd, const leasehold_meta *meta, uint64_t *hash);
// Makes a version the only one of a data file.
int leasehold_write_metas(int fd, const leasehold_meta *meta);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_ACCESS_H_
