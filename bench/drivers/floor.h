// What the programs of the floor share.
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEY_BYTES 16

static void check(int rc, const char *what) {
  if (rc == MDB_SUCCESS) return;
  fprintf(stderr, "%s: %s\n", what, mdb_strerror(rc));
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

// The three below agree with harness/records.mjs bit for bit.
static uint32_t mix(uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  return h ^ (h >> 16);
}

static void write_word(uint8_t *target, uint32_t word) {
  word = __builtin_bswap32(word);
  memcpy(target, &word, 4);
}

static void make_key(uint8_t *key, uint32_t index, double entries) {
  uint32_t spread = (uint32_t)(uint64_t)(index * 4294967296.0 / entries);
  uint32_t noise = mix(index);
  write_word(key, spread);
  write_word(key + 4, noise);
  write_word(key + 8, spread ^ noise);
  write_word(key + 12, ~noise);
}
