{
  "variables": {
    "lmdb": "<!(node scripts/lmdb-source.mjs)",
    "napi": "<!(node scripts/napi-headers.mjs)",
  },
  "targets": [
    {
      "target_name": "leasehold",
      "include_dirs": ["native", "native/include", "<(lmdb)", "<(napi)"],
      "sources": [
        "native/core/lmdb/lmdb_access.c",
        "<(lmdb)/midl.c",
        "<!@(node scripts/native-sources.mjs)",
      ],
      "defines": [
        "NAPI_VERSION=8",
        "NDEBUG",
        "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
      ],
      "cflags": ["-fvisibility=hidden", "-O3", "<!@(node scripts/link-flags.mjs)"],
      "ldflags": ["-O3", "<!@(node scripts/link-flags.mjs)"],
      "cflags_c": ["-w"],
      "cflags_cc": ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-fno-rtti"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++14", "-std=gnu++20"],
      "conditions": [
        ["OS=='mac'", {
          "xcode_settings": {
            "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
            "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
            "MACOSX_DEPLOYMENT_TARGET": "11.0",
          },
        }],
      ],
    },
  ],
}
