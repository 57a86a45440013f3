// Regression tests of the list in leasehold/lease.h, each named after the mistake that it would catch. Without
// arguments prints their names; with a name runs that one.
#include <leasehold/lease.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

#define CHECK(condition)                                                           \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                                \
    }                                                                              \
  } while (false)

struct Sink {
  Sink() : node{nullptr, nullptr, nullptr, &kDescriptor} {}
  ~Sink() { leasehold_cancel(&node); }

  static int Invalidate(leasehold_source*, leasehold_node* node) {
    auto* sink = reinterpret_cast<Sink*>(node);
    CHECK(!leasehold_is_listening(node));
    sink->told++;
    // A copy: the action may free the sink.
    const std::function<bool()> action = sink->action;
    return action ? action() : true;
  }
  static constexpr leasehold_sink_descriptor kDescriptor = LEASEHOLD_SINK_DESCRIPTOR(Invalidate);

  leasehold_node node;
  int told = 0;
  std::function<bool()> action;
};

constexpr leasehold_source_descriptor kSourceDescriptor = LEASEHOLD_SOURCE_DESCRIPTOR(leasehold_block_contains);

struct Source {
  Source() { leasehold_source_init(&source, &kSourceDescriptor, bytes, sizeof(bytes)); }
  int Listen(Sink* sink) { return leasehold_listen(&source, &sink->node, bytes, sizeof(bytes)); }
  void ListenAll(std::vector<std::unique_ptr<Sink>>* sinks, size_t count) {
    for (size_t i = 0; i < count; i++) {
      sinks->push_back(std::make_unique<Sink>());
      CHECK(Listen(sinks->back().get()) == LEASEHOLD_OK);
    }
  }

  leasehold_source source;
  char bytes[16] = {};
};

using Sinks = std::vector<std::unique_ptr<Sink>>;

void NextIsReadAfterTheCallback() {
  // The callback frees the node that it is called with, and moves other nodes. Then `next` of that node is invalid.
  Source source;
  Source other;
  Sinks sinks;
  source.ListenAll(&sinks, 8);
  sinks[1]->action = [&] {
    sinks[1].reset();
    other.Listen(sinks[2].get());
    leasehold_cancel(&sinks[3]->node);
    return true;
  };
  leasehold_end(&source.source);
  CHECK(sinks[2]->told == 0 && sinks[2]->node.owner == &other.source);
  CHECK(sinks[3]->told == 0);
  for (size_t i : {0, 4, 5, 6, 7}) CHECK(sinks[i]->told == 1);
}

void TheHeadIsNotReset() {
  // A second call of leasehold_end() must not find nodes that were freed after the first call.
  Source source;
  {
    Sinks sinks;
    source.ListenAll(&sinks, 3);
    leasehold_end(&source.source);
  }
  CHECK(leasehold_first(&source.source) == nullptr && source.source.length == 0);
  CHECK(leasehold_end(&source.source) == 0);
}

void AFailedInvalidateIsIgnored() {
  Source source;
  Sinks sinks;
  source.ListenAll(&sinks, 3);
  sinks[1]->action = [] { return false; };
  // A source that can keep its memory is told that a sink could not copy, and the sink goes on listening.
  CHECK(leasehold_ask(&source.source) == 1);
  CHECK(leasehold_is_listening(&sinks[1]->node) && source.source.length == 1);
  CHECK(leasehold_ask(&source.source) == 1);
  // A source that cannot keep its memory is told too. Then the sink does not listen, and knows that it must not read.
  CHECK(leasehold_end(&source.source) == 1);
  CHECK(!leasehold_is_listening(&sinks[1]->node));
  CHECK(sinks[0]->told == 1 && sinks[1]->told == 3);
}

void ACallbackCancelsEverybody() {
  Source source;
  Sinks sinks;
  source.ListenAll(&sinks, 5);
  sinks[0]->action = [&] {
    for (auto& sink : sinks) leasehold_cancel(&sink->node);
    return true;
  };
  leasehold_end(&source.source);
  CHECK(sinks[0]->told == 1 && source.source.length == 0);
  for (size_t i = 1; i < 5; i++) CHECK(sinks[i]->told == 0);
}

void ACallbackListensAnew() {
  Source source;
  Sinks sinks;
  source.ListenAll(&sinks, 3);
  for (auto& sink : sinks) {
    sink->action = [&source, it = sink.get()] {
      CHECK(source.Listen(it) == LEASEHOLD_OK);
      return true;
    };
  }
  leasehold_revoke(&source.source);
  for (auto& sink : sinks) CHECK(sink->told == 1 && sink->node.owner == &source.source);
  for (auto& sink : sinks) {
    sink->action = [&source, it = sink.get()] {
      CHECK(source.Listen(it) == LEASEHOLD_ENDED);
      return true;
    };
  }
  leasehold_end(&source.source);
  for (auto& sink : sinks) CHECK(sink->told == 2 && sink->node.owner == nullptr);
}

void ACallbackEndsAndFreesTheSource() {
  auto source = std::make_unique<Source>();
  Sinks sinks;
  source->ListenAll(&sinks, 5);
  sinks[1]->action = [&] {
    leasehold_end(&source->source);
    for (size_t i = 2; i < 5; i++) CHECK(sinks[i]->told == 1);
    source.reset();
    return false;
  };
  leasehold_ask(&source->source);
  CHECK(source == nullptr && !leasehold_is_listening(&sinks[1]->node));
  for (auto& sink : sinks) CHECK(sink->told == 1);
}

void ACancelledNodeIsCancelledAgain() {
  Sink sink;
  leasehold_cancel(&sink.node);
  {
    Source source;
    CHECK(source.Listen(&sink) == LEASEHOLD_OK);
    leasehold_end(&source.source);
  }
  leasehold_cancel(&sink.node);
  leasehold_unlink(&sink.node);
}

void BytesThatAreNotLent() {
  Source source;
  Sink sink;
  const auto listen = [&](const char* data, size_t size) {
    return leasehold_listen(&source.source, &sink.node, data, size);
  };
  CHECK(listen(source.bytes + 16, 0) == LEASEHOLD_OK);
  CHECK(listen(source.bytes + 15, 1) == LEASEHOLD_OK);
  CHECK(listen(source.bytes + 15, 2) == LEASEHOLD_NOT_LENT && !leasehold_is_listening(&sink.node));
  CHECK(listen(source.bytes - 1, 1) == LEASEHOLD_NOT_LENT);
  CHECK(listen(source.bytes + 1, SIZE_MAX) == LEASEHOLD_NOT_LENT);
  CHECK(source.source.length == 0);
}

void AnotherVersion() {
  Source source;
  Sink sink;
  leasehold_source_descriptor other = kSourceDescriptor;
  other.abi++;
  source.source.descriptor = &other;
  CHECK(source.Listen(&sink) == LEASEHOLD_OTHER_VERSION);
  other = kSourceDescriptor;
  other.magic++;
  CHECK(source.Listen(&sink) == LEASEHOLD_OTHER_VERSION);
  other = kSourceDescriptor;
  CHECK(source.Listen(&sink) == LEASEHOLD_OK);
  leasehold_sink_descriptor stranger = Sink::kDescriptor;
  stranger.abi++;
  sink.node.descriptor = &stranger;
  CHECK(source.Listen(&sink) == LEASEHOLD_OTHER_VERSION);
  sink.node.descriptor = nullptr;
  CHECK(source.Listen(&sink) == LEASEHOLD_OTHER_VERSION && source.source.length == 0);
}

const std::map<std::string, void (*)()> kTests = {
    {"the next node is read after the callback", NextIsReadAfterTheCallback},
    {"the head of the list is not reset", TheHeadIsNotReset},
    {"a failed invalidate is ignored", AFailedInvalidateIsIgnored},
    {"a callback cancels itself and everybody else", ACallbackCancelsEverybody},
    {"a callback listens anew", ACallbackListensAnew},
    {"a callback ends the source again and frees it", ACallbackEndsAndFreesTheSource},
    {"a cancelled node is cancelled again", ACancelledNodeIsCancelledAgain},
    {"bytes that were not lent are borrowed", BytesThatAreNotLent},
    {"another version is not noticed", AnotherVersion},
};

}  // namespace

int main(int argc, char** argv) {
  for (const auto& [name, test] : kTests) {
    if (argc == 1) std::puts(name.c_str());
    if (argc == 2 && (name == argv[1] || std::strcmp(argv[1], "all") == 0)) test();
  }
  return 0;
}
