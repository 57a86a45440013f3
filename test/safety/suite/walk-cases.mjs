import { check } from '../../buffers/suite/world.mjs';
import { walk, wrongWith } from './walk.mjs';

/**
 * The cases that walk from what a program holds of something. `liveThrough` makes it, calls `look(held, state, errors)` in each state of its life, and ends it. `given` are the
 * arguments that the library has handed to the program; at least so many objects must be found.
 */
export function walkCases(what, given, least, liveThrough) {
  return [
    {
      name: `nothing that can be reached from ${what} leads to the internals`,
      async run() {
        const complaints = [];
        await liveThrough((held, state) => {
          const { wrong, visited } = walk({ ...held, given: [...given] });
          complaints.push(...wrong.map((text) => `${state}: ${text}`));
          check(visited > least, `only ${visited} objects were found`);
        });
        check(complaints.length === 0, [...new Set(complaints)].slice(0, 20).join('\n'));
      },
    },
    {
      name: `a stack of ${what} that is looked at frame by frame shows nothing`,
      async run() {
        const seen = [];
        const { prepareStackTrace } = Error;
        Error.prepareStackTrace = (_, frames) => {
          for (const frame of frames) seen.push(frame.getThis(), frame.getFunction(), frame.getTypeName?.());
          return 'frames';
        };
        await liveThrough((_, __, errors) => {
          for (const error of errors) void error?.stack;
        });
        Error.prepareStackTrace = prepareStackTrace;
        const wrong = seen.map(wrongWith).filter((complaint) => complaint !== undefined);
        check(wrong.length === 0, wrong.join('\n'));
      },
    },
  ];
}
