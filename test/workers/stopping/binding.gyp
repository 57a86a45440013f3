{
  "targets": [
    {
      "target_name": "stopping",
      "sources": ["stopping.cc"],
    },
  ],
}
