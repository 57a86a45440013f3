// The functions of a C or C++ source that clang-format has laid out, and how long they are, for scripts/check-layers.mjs:
// no compiler need be there to check a checkout.

/** What is no code: comments, strings, characters and what the preprocessor reads. */
const NO_CODE = /\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'|^[ \t]*#(?:.*\\\n)*.*/gm;
/** What is no function, and may have functions in it. */
const SCOPE =
  /^(?:(?:inline\s+)?namespace\b|extern\s*$|(?:typedef\s+|template\s*<.*>\s*)*(?:class|struct|union|enum)\b[^()=]*$)/s;

/** Blanks out all that is no code, but for the ends of lines. */
function codeOf(text) {
  return text.replace(NO_CODE, (found) => found.replace(/[^\n]/g, ' '));
}

/** How many lines there are in a text before a place. */
function linesBefore(text, end) {
  return text.slice(0, end).split('\n').length;
}

/**
 * The blocks of a source that stand in no other block, namespaces and types aside: functions, and a few initialisers. Each
 * with what stands before its brace, its first line, and how many lines it has. Null if the braces do not match.
 */
export function functionsOf(text) {
  const code = codeOf(text);
  const functions = [];
  const open = [];
  let boundary = 0;
  for (const { 0: mark, index } of code.matchAll(/[{};]/g)) {
    const inFunction = open.some((block) => !block.isScope);
    if (mark === '{') {
      const head = code.slice(boundary, index);
      const begin = boundary + head.search(/\S|$/);
      open.push({ isScope: SCOPE.test(head.trim()), outermost: !inFunction, begin, head: head.trim() });
    }
    if (mark === '}') {
      const block = open.pop();
      if (block === undefined) return null;
      if (!block.isScope && block.outermost && !block.head.endsWith('=')) {
        functions.push({
          head: block.head,
          line: linesBefore(code, block.begin),
          lines: linesBefore(code, index) - linesBefore(code, block.begin) + 1,
        });
      }
    }
    boundary = index + 1;
  }
  return open.length === 0 ? functions : null;
}
