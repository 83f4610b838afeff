/** What a running gate counts, asked over its socket. */

import { join } from "node:path";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";

/** The sum of a metric over its labels; `data`: the gate's data directory. */
export async function sumOfMetric(data: string, name: string): Promise<number> {
  const text = String(await createLocalSocket().call(join(data, "api.sock"), "gate.metrics", null));
  const lines = text.matchAll(new RegExp(`^${name}(?:{[^}]*})? (\\d+)`, "gm"));
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
}
