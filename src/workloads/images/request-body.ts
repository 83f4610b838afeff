/** Reading a request's body into memory, with a bound. */

import type { IncomingMessage } from "node:http";

const maxBytes = 10 * 1024 * 1024;

/** The whole body; what goes over 10 MiB is read and dropped. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
