/** The code with an escape in place of each character that is not ASCII. V8 stores a source of pure ASCII with one byte for each character, and compiles it faster. */
export function asciiCode(code, fileName) {
  // In these places an escape would mean something else.
  if (/\\[^\0-\x7f]|\.raw`/.test(code)) throw new Error(`${fileName} has a character that cannot be escaped`);
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
