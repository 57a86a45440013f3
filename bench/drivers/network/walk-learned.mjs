// Goes along the references of objects that the server sends ahead, as it has learned from earlier passes.
import { clientWith, start } from './objects.mjs';

export const client = clientWith({ prefetch: true });
export { start };
