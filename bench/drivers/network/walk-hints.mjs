// Goes along the references of objects that hints have brought before.
import { clientWith, fetchByHints, start } from './objects.mjs';

export const client = clientWith({ fetch: fetchByHints });
export { start };
