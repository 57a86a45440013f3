#include "core/status.h"

#include <lmdb.h>
#include <string.h>

#include <algorithm>
#include <cerrno>

namespace leasehold {
namespace {

struct CodeText {
  int code;
  const char* name;
  const char* message;
};

constexpr CodeText kTexts[] = {
    {kTxnEnded, "ERR_TXN_ENDED", "this transaction has ended: begin a new one with env.read()"},
    {kEnvClosed, "ERR_ENV_CLOSED", "this environment is closed: open it again with open()"},
    {kBusy, "ERR_BUSY", "the environment is in use: try again when its transactions have ended"},
    {kReadOnly, "ERR_READ_ONLY", "this environment was opened read-only: open it without readOnly to write"},
    {kNoCollection, "ERR_NO_COLLECTION", "there is no such collection"},
    {kKeySize, "ERR_KEY_SIZE", "a key must have from 1 to 511 bytes"},
    {kValueSize, "ERR_VALUE_SIZE", "the value is too large"},
    {kKeyOrder, "ERR_KEY_ORDER", "the key is not greater than the last one: use put() for keys out of order"},
    {kCodec, "ERR_CODEC", "the stored bytes do not decode"},
    {kInvalidArgument, "ERR_INVALID_ARG_VALUE", "an argument has an invalid value"},
    {kInvalidType, "ERR_INVALID_ARG_TYPE", "an argument has a wrong type"},
    {kLeaseBudget, "ERR_LEASE_BUDGET", "live leases cover more than maxHeldBytes"},
    {kJoinMemory, "ERR_JOIN_MEMORY", "the join needs more memory than maxTableBytes"},
    {kConflict, "ERR_CONFLICT", "what the change depends on has changed meanwhile: read it again, and try again"},
    {MDB_MAP_FULL, "MDB_MAP_FULL", "the database has reached its `mapSize`: make it larger with `env.resize()`"},
    {MDB_READERS_FULL, "MDB_READERS_FULL",
     "all reader slots are taken: end read transactions (`env.readers()` tells who has which slot), free those of dead "
     "processes with `env.checkReaders()`, or open with a larger maxReaders when no process has the database open"},
    {MDB_DBS_FULL, "MDB_DBS_FULL", "too many collections are open: open the environment with a larger maxCollections"},
    {MDB_CORRUPTED, "MDB_CORRUPTED", "the database file is damaged: restore it from a copy"},
    {MDB_PAGE_NOTFOUND, "MDB_CORRUPTED", "the database file is damaged (a page is missing): restore it from a copy"},
    {MDB_INVALID, "MDB_INVALID", "data.mdb is not an LMDB database file"},
    {MDB_VERSION_MISMATCH, "MDB_VERSION_MISMATCH",
     "data.mdb was written in another version of LMDB's file format: this library reads version 1"},
    {MDB_PANIC, "MDB_PANIC", "a write failed beyond repair: close the environment and open it again"},
    {MDB_MAP_RESIZED, "MDB_MAP_RESIZED",
     "another process has made the database larger than this mapSize: end all transactions and call env.resize()"},
    {MDB_BAD_TXN, "MDB_BAD_TXN", "the transaction cannot be used any more, because an operation in it failed"},
    {MDB_TXN_FULL, "MDB_TXN_FULL", "the transaction changes too many pages: split it into smaller ones"},
    {MDB_CURSOR_FULL, "MDB_CORRUPTED", "the database file is damaged (a tree is too deep): restore it from a copy"},
    {MDB_PAGE_FULL, "MDB_CORRUPTED", "the database file is damaged (a page overflows): restore it from a copy"},
    {MDB_INCOMPATIBLE, "MDB_INCOMPATIBLE", "the collection's flags do not allow this operation, or have changed"},
    {MDB_BAD_VALSIZE, "ERR_KEY_SIZE", "a key (or a value of a dupSort collection) must have from 1 to 511 bytes"},
    {MDB_BAD_DBI, "ERR_NO_COLLECTION", "the collection was dropped meanwhile"},
    {MDB_KEYEXIST, "MDB_KEYEXIST", "the key exists already"},
    {MDB_NOTFOUND, "MDB_NOTFOUND", "the key does not exist"},
    {MDB_TLS_FULL, "MDB_TLS_FULL", "too many environments are open"},
    {MDB_BAD_RSLOT, "MDB_BAD_RSLOT", "a reader slot was used twice"},
    {ENOSPC, "ENOSPC", "no space is left on the device"},
    {EIO, "EIO", "reading or writing the file failed"},
    {EACCES, "EACCES", "permission was denied"},
    {EPERM, "EPERM", "the operation is not permitted"},
    {EROFS, "EROFS",
     "the file system is read-only: use `readOnly: true`, and `lock: false` if nobody writes meanwhile"},
    {ENOENT, "ENOENT", "there is no database here"},
    {ENOTDIR, "ENOTDIR", "the path is not a directory: give the directory that holds data.mdb"},
    {EISDIR, "EISDIR", "a directory stands where a file is expected"},
    {ENOMEM, "ENOMEM", "there is not enough memory (or address space for `mapSize`)"},
    {EAGAIN, "EAGAIN", "the resource is temporarily unavailable"},
    {EINVAL, "EINVAL", "the operation was refused as invalid"},
    {EBUSY, "EBUSY", "the resource is busy"},
    {EMFILE, "EMFILE", "too many files are open in this process"},
    {ENFILE, "ENFILE", "too many files are open in this system"},
    {EFBIG, "EFBIG", "the file would become too large"},
    {ENAMETOOLONG, "ENAMETOOLONG", "the path is too long"},
    {ELOOP, "ELOOP", "the path has too many symbolic links"},
    {EEXIST, "EEXIST", "something of that name exists already"},
    {ENXIO, "ENXIO", "there is no such device"},
    {ENODEV, "ENODEV", "the file system cannot map files into memory"},
    {ENOLCK, "ENOLCK", "the file system has no locks: use a local one"},
    {ENOSYS, "ENOSYS", "the system does not have what LMDB needs"},
    {ETXTBSY, "ETXTBSY", "the file is in use"},
    {EOVERFLOW, "EOVERFLOW", "the file is too large for this system"},
    {ESTALE, "ESTALE", "the file was removed from the server: LMDB needs a local file system"},
    {EDQUOT, "EDQUOT", "the disk quota is used up"},
};

const CodeText* Find(int code) {
  const auto* found =
      std::find_if(std::begin(kTexts), std::end(kTexts), [code](const CodeText& text) { return text.code == code; });
  return found == std::end(kTexts) ? nullptr : found;
}

}  // namespace

std::string Status::Name() const {
  const CodeText* text = Find(code_);
  return text != nullptr ? text->name : "ERRNO_" + std::to_string(code_);
}

std::string Status::Message() const {
  if (detail_) return *detail_;
  const CodeText* text = Find(code_);
  return text != nullptr ? text->message : mdb_strerror(code_);
}

}  // namespace leasehold
