/** What `connect()` takes, and no path of a folder should be. */
const ADDRESS = /^(?:file:|unix:|postgres(?:ql)?:|(?:tcp|tls|wss?):\/\/)/;

/** Whether a text is the address of a store. Where a path is expected, it would become a folder of that name. */
export function isStoreAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** An address as it may be shown and logged: without a password. */
export function withoutPassword(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/[^/?#@:]*):[^/?#]*@/i, '$1:…@').replace(/([?&]password=)[^&]*/, '$1…');
}
