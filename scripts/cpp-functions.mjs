// Finds the functions of a C or C++ source that clang-format has formatted, and their lengths, for scripts/check-layers.mjs.
// It needs no compiler, so that check works in every checkout.

/** Text that is not code: comments, strings, characters and preprocessor lines. */
const NO_CODE = /\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'|^[ \t]*#(?:.*\\\n)*.*/gm;
/** The beginning of a block that is not a function, but may contain functions. */
const SCOPE =
  /^(?:(?:inline\s+)?namespace\b|extern\s*$|(?:typedef\s+|template\s*<.*>\s*)*(?:class|struct|union|enum)\b[^()=]*$)/s;

/** Replaces all text that is not code by blanks, except the ends of lines. */
function codeOf(text) {
  return text.replace(NO_CODE, (found) => found.replace(/[^\n]/g, ' '));
}

/** How many lines there are in a text before a place. */
function linesBefore(text, end) {
  return text.slice(0, end).split('\n').length;
}

/**
 * The blocks of a source that are in no other block except namespaces and types: functions, and a few initialisers. Each
 * has the text before its brace, its first line, and its number of lines. Returns null if the braces do not match.
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
