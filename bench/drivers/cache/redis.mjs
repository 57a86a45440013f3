// Redis, with ioredis.
import { client as clientOf } from '../network/redis.mjs';

export const client = ({ redis }) => clientOf(redis);
