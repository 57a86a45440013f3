{
  "targets": [
    {
      "target_name": "source",
      "sources": ["source.c"],
      "include_dirs": ["<!(node -p \"require('leasehold/include').include_dir\")"],
      "defines": ["NAPI_VERSION=8"],
      "cflags": ["-std=c99", "-Wall", "-Wextra", "-Werror"],
    },
  ],
}
