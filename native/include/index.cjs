'use strict';

// For the binding.gyp of an addon that includes <leasehold/lease.h>:
//   "include_dirs": ["<!(node -p \"require('leasehold/include').include_dir\")"]

const { relative } = require('node:path');

/** The folder to include from, seen from the working directory: gyp splits an absolute path at its spaces. */
exports.include_dir = relative('.', __dirname) || '.';
