// The floor of a scan: rows in frames ROWS (docs/protocol.md), packed by a plain loop and read by another one.
//
//   rows serve SOCKET ROWS     sends all rows to whoever connects, again for each byte that comes
//   rows scan SOCKET           for each line of standard input: reads all rows, and prints how many there were
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEAD = 12, ROWS_HEAD = 16, ROW = 16, FRAME = 65536, KEY = 13, VERSION = 8, VALUE = 100, FIN = 1 };
enum { MOST = (FRAME - HEAD - ROWS_HEAD) / (ROW + KEY + VERSION + VALUE) };

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void put32(uint8_t* at, uint32_t value) { memcpy(at, &value, 4); }

static uint32_t get32(const uint8_t* at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return value;
}

static void send_all(int out, const uint8_t* bytes, size_t length) {
  while (length > 0) {
    const ssize_t sent = write(out, bytes, length);
    if (sent <= 0) exit(0);
    bytes += sent;
    length -= (size_t)sent;
  }
}

// What the rows stand in: a record of KEY, VERSION and VALUE bytes each.
static uint8_t* make_records(size_t rows) {
  enum { RECORD = KEY + VERSION + VALUE };
  uint8_t* records = malloc(rows * RECORD);
  if (records == NULL) fail("malloc");
  for (size_t i = 0; i < rows; i++) {
    char text[VALUE + KEY + 2];
    for (int at = 0; at < VALUE; at += KEY + 1) snprintf(text + at, KEY + 2, "key:%09zu ", i);
    memcpy(records + i * RECORD, text, KEY);
    memset(records + i * RECORD + KEY, 1, VERSION);
    memcpy(records + i * RECORD + KEY + VERSION, text, VALUE);
  }
  return records;
}

static size_t pack(uint8_t* frame, const uint8_t* record, uint32_t count, int is_last) {
  uint8_t* rows = frame + HEAD + ROWS_HEAD;
  uint8_t* row = rows + count * (KEY + VERSION + VALUE);
  row += -(uintptr_t)(row - rows) & 3;
  const uint32_t table = (uint32_t)(row - rows);
  uint32_t at = 0;
  for (uint32_t i = 0; i < count; i++, record += KEY + VERSION + VALUE, row += ROW) {
    memcpy(rows + at, record, KEY + VERSION + VALUE);
    put32(row, at);
    put32(row + 4, KEY);
    put32(row + 8, at + KEY + VERSION);
    put32(row + 12, VALUE);
    at += KEY + VERSION + VALUE;
  }
  memset(frame, 0, HEAD + ROWS_HEAD);
  const uint32_t length = ROWS_HEAD + table + count * ROW;
  put32(frame, length);
  frame[8] = 34;
  frame[9] = is_last ? FIN : 0;
  put32(frame + HEAD + 8, count);
  put32(frame + HEAD + 12, table);
  return HEAD + length;
}

static void serve(const struct sockaddr_un* address, size_t rows) {
  uint8_t* records = make_records(rows);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (const struct sockaddr*)address, sizeof *address) != 0 || listen(listener, 1) != 0) fail("listen");
  puts("ready");
  fflush(stdout);
  const int client = accept(listener, NULL, NULL);
  static uint8_t frame[FRAME];
  char asked;
  while (read(client, &asked, 1) == 1) {
    for (size_t sent = 0; sent < rows;) {
      const uint32_t count = rows - sent < MOST ? (uint32_t)(rows - sent) : MOST;
      const uint8_t* record = records + sent * (KEY + VERSION + VALUE);
      sent += count;
      send_all(client, frame, pack(frame, record, count, sent == rows));
    }
  }
}

// Reads a byte of each key and of each value.
static uint32_t read_rows(const uint8_t* frame, uint64_t* sum) {
  const uint8_t* rows = frame + HEAD + ROWS_HEAD;
  const uint32_t count = get32(frame + HEAD + 8);
  const uint8_t* row = rows + get32(frame + HEAD + 12);
  for (uint32_t i = 0; i < count; i++, row += ROW) *sum += rows[get32(row)] + rows[get32(row + 8)];
  return count;
}

static void scan(const struct sockaddr_un* address) {
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(server, (const struct sockaddr*)address, sizeof *address) != 0) fail("connect");
  static uint8_t bytes[2 * FRAME];
  size_t filled = 0;
  while (getchar() != EOF) {
    if (write(server, "s", 1) != 1) fail("write");
    size_t count = 0;
    uint64_t sum = 0;
    for (int is_last = 0; !is_last;) {
      const ssize_t came = read(server, bytes + filled, sizeof bytes - filled);
      if (came <= 0) fail("read");
      filled += (size_t)came;
      size_t at = 0;
      while (filled - at >= HEAD && filled - at >= HEAD + get32(bytes + at)) {
        count += read_rows(bytes + at, &sum);
        is_last = bytes[at + 9] & FIN;
        at += HEAD + get32(bytes + at);
      }
      memmove(bytes, bytes + at, filled - at);
      filled -= at;
    }
    printf("%zu %s\n", count, sum > 0 ? "rows" : "nothing");
    fflush(stdout);
  }
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, argv[2], sizeof address.sun_path - 1);
  if (strcmp(argv[1], "serve") == 0 && argc == 4) serve(&address, strtoul(argv[3], NULL, 10));
  else scan(&address);
  return 0;
}
