// Random operations on the list in leasehold/lease.h, some of them inside callbacks, compared with a simple model: each
// sink remembers the source that it should listen to. With the address sanitizer, a read of freed memory is an error.
//   lease_random [operations] [seed]
#include <leasehold/lease.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

namespace {

constexpr size_t kSources = 6;
constexpr size_t kSinks = 60;
constexpr size_t kBlock = 64;
constexpr int kDeepest = 5;

std::mt19937_64 generator;
uint64_t operations = 0;
uint64_t told = 0;
int depth = 0;
// Counts the changes of sources and sinks. The count tells a source from a later one at the same address.
uint64_t moments = 0;

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      std::fprintf(stderr, "line %d, operation %llu: not so: %s\n", __LINE__, \
                   static_cast<unsigned long long>(operations), #condition);  \
      std::abort();                                                           \
    }                                                                         \
  } while (false)

size_t Random(size_t limit) { return generator() % limit; }

struct Source {
  leasehold_source source;
  uint8_t* block;
  uint8_t fill;
  uint64_t made;  // the count when it was made
};

struct Sink {
  leasehold_node node;
  size_t place;             // in `sinks`
  leasehold_source* owner;  // the source that it should listen to
  // True if its callback could not copy. Then it listens again only if the source can keep its memory.
  bool unsure;
  const uint8_t* data;
  size_t size;
  uint8_t fill;
  uint64_t changed;  // the count when it last listened or cancelled
};

std::vector<Source*> sources(kSources);
std::vector<Sink*> sinks(kSinks);

int Invalidate(leasehold_source* source, leasehold_node* node);
constexpr leasehold_sink_descriptor kSink = LEASEHOLD_SINK_DESCRIPTOR(Invalidate);
constexpr leasehold_source_descriptor kSource = LEASEHOLD_SOURCE_DESCRIPTOR(leasehold_block_contains);

Source* NewSource() {
  auto* source = new Source;
  source->block = new uint8_t[kBlock];
  source->fill = static_cast<uint8_t>(Random(256));
  source->made = ++moments;
  std::memset(source->block, source->fill, kBlock);
  leasehold_source_init(&source->source, &kSource, source->block, kBlock);
  return source;
}

Sink* NewSink(size_t place) {
  return new Sink{{nullptr, nullptr, nullptr, &kSink}, place, nullptr, false, nullptr, 0, 0, ++moments};
}

// What a sink reads must be what it borrowed, if the model says that it may.
void Read(Sink* sink) {
  if (sink->unsure) {
    sink->unsure = false;
    CHECK(sink->node.owner == nullptr || sink->node.owner == sink->owner);
    sink->owner = sink->node.owner;
  }
  CHECK(sink->node.owner == sink->owner);
  if (!leasehold_is_listening(&sink->node)) return;
  for (size_t i = 0; i < sink->size; i++) CHECK(sink->data[i] == sink->fill);
}

void Listen(Sink* sink, Source* source) {
  const size_t offset = Random(kBlock + 1);
  const size_t size = Random(kBlock + 1);
  const int status = leasehold_listen(&source->source, &sink->node, source->block + offset, size);
  const int expected = source->source.ended     ? LEASEHOLD_ENDED
                       : size > kBlock - offset ? LEASEHOLD_NOT_LENT
                                                : LEASEHOLD_OK;
  CHECK(status == expected);
  sink->changed = ++moments;
  sink->unsure = false;
  sink->owner = status == LEASEHOLD_OK ? &source->source : nullptr;
  sink->data = source->block + offset;
  sink->size = size;
  sink->fill = source->fill;
}

void Cancel(Sink* sink) {
  leasehold_cancel(&sink->node);
  sink->changed = ++moments;
  sink->owner = nullptr;
  sink->unsure = false;
}

void RenewSink(Sink* sink) {
  Cancel(sink);
  sinks[sink->place] = NewSink(sink->place);
  delete sink;
}

void CheckNobodyListens(const Source* source) {
  CHECK(source->source.length == 0 && source->source.telling == nullptr);
  for (Sink* sink : sinks) CHECK(sink->node.owner != &source->source);
}

// Inside a callback of the same source, leasehold_end() also calls the sinks that the outer call has not reached yet.
// So the source may be freed afterwards.
void RenewSource(size_t place) {
  Source* source = sources[place];
  const uint64_t made = source->made;
  leasehold_end(&source->source);
  // A callback may have renewed it already.
  if (sources[place]->made != made) return;
  CheckNobodyListens(source);
  sources[place] = NewSource();
  // Sinks whose callback could not copy may still name this source as `owner`; it is only compared, never dereferenced.
  for (Sink* sink : sinks) {
    if (sink->owner == &source->source) sink->owner = nullptr;
  }
  delete[] source->block;
  delete source;
}

void Check() {
  for (const Source* source : sources) {
    size_t length = 0;
    const leasehold_node* head = &source->source.head;
    for (const leasehold_node* node = head->next; node != head; node = node->next) {
      CHECK(node->owner == &source->source && node->next->prev == node && node->prev->next == node);
      length++;
    }
    CHECK(length == source->source.length && source->source.telling == nullptr);
  }
  for (Sink* sink : sinks) Read(sink);
}

void Operate() {
  operations++;
  Sink* sink = sinks[Random(kSinks)];
  const size_t place = Random(kSources);
  // Not a sink that is unsure: an outer callback of it may still be running.
  if (!sink->unsure) Read(sink);
  switch (Random(40)) {
    case 0:
      leasehold_revoke(&sources[place]->source);
      return;
    case 1:
      if (Random(2) == 0) {
        leasehold_ask(&sources[place]->source);
      } else {
        leasehold_ask_some(&sources[place]->source, Random(6));
      }
      return;
    case 2:
      if (Random(4) == 0) leasehold_end(&sources[place]->source);
      return;
    case 3:
      RenewSource(place);
      return;
    case 4:
    case 5:
      RenewSink(sink);
      return;
    case 6:
    case 7:
    case 8:
    case 9:
      Cancel(sink);
      return;
    default:
      Listen(sink, sources[place]);
  }
}

int Invalidate(leasehold_source* source, leasehold_node* node) {
  auto* sink = reinterpret_cast<Sink*>(node);
  told++;
  CHECK(!leasehold_is_listening(node) && node->prev == nullptr && node->next == nullptr);
  // A sink is called once each time that it has listened, by that source, while the source's memory still exists.
  CHECK(sink->owner == source);
  for (size_t i = 0; i < sink->size; i++) CHECK(sink->data[i] == sink->fill);
  sink->owner = nullptr;
  const size_t place = sink->place;
  const uint64_t changed = sink->changed;
  if (depth < kDeepest) {
    depth++;
    for (size_t i = Random(4); i > 0; i--) Operate();
    depth--;
  }
  // A callback may answer that it could not copy, but only if its sink still exists and has not listened again.
  if (sinks[place]->changed != changed || Random(3) != 0) return 1;
  sink->unsure = true;
  sink->owner = source;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
  generator.seed(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  std::generate(sources.begin(), sources.end(), NewSource);
  for (size_t i = 0; i < kSinks; i++) sinks[i] = NewSink(i);
  while (operations < count) {
    Operate();
    Check();
  }
  for (size_t i = 0; i < kSources; i++) RenewSource(i);
  for (size_t i = 0; i < kSinks; i++) RenewSink(sinks[i]);
  for (Source* source : sources) {
    CheckNobodyListens(source);
    delete[] source->block;
    delete source;
  }
  for (Sink* sink : sinks) delete sink;
  std::printf("%llu operations, %llu sinks told\n", static_cast<unsigned long long>(operations),
              static_cast<unsigned long long>(told));
  return 0;
}
