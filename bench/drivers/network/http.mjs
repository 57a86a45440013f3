// JSON lines over HTTP: what a service that has its rows in memory would write.
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { keyOf, textOf } from '../../harness/network.mjs';

export async function start(folder, { entries }) {
  const path = join(folder, 'http.sock');
  const rows = Array.from({ length: entries }, (_, i) => ({ key: keyOf(i), value: textOf(i) }));
  const server = createServer(async (_, response) => {
    for (let at = 0; at < rows.length; at += 500) {
      const lines = rows.slice(at, at + 500).map((row) => `${JSON.stringify(row)}\n`);
      if (!response.write(lines.join(''))) await once(response, 'drain');
    }
    response.end();
  });
  server.listen(path);
  await once(server, 'listening');
  return path;
}

export async function client(socketPath) {
  return {
    async scan() {
      const [response] = await once(get({ socketPath, path: '/' }), 'response');
      let count = 0;
      let sum = 0;
      for await (const line of createInterface({ input: response })) {
        const { key, value } = JSON.parse(line);
        count++;
        sum += key.length + value.length;
      }
      if (!(sum > 0)) throw new Error('nothing was read');
      return count;
    },
    close() {},
  };
}
