// Goes along the references of objects, one object a trip.
import { clientWith, start } from './objects.mjs';

export const client = clientWith({});
export { start };
