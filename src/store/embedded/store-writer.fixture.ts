/** Writes to a store without end and prints each write once it is acknowledged: `name value`. */

import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { openEmbeddedStore } from "./embedded-store.ts";

const [directory = "", round = "0"] = process.argv.slice(2);
const deps = { files: createFiles(), clock: createClock(), random: createRandom() };
const store = await openEmbeddedStore(deps, { directory });
for (let value = 0; ; value++) {
  const name = `round-${round}-${value % 5}`;
  const data = { value: `${value}` };
  await store.apply({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    body: { data },
  });
  process.stdout.write(`${name} ${value}\n`);
}
