/** A real Envoy that begins while its hosts are still being built: it answers nothing before it has them all. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import type { Resource } from "#envoy/resource.ts";
import { everyHostName } from "#envoy/routes/scope.ts";
import { createClock } from "#runtime/real-clock.ts";
import type { XdsServer } from "#xds/xds-server.ts";
import {
  plainSettings,
  secretForServerName,
  startEcho,
  worldResources,
} from "./harness/host-world.ts";
import { freePorts, startEnvoy } from "./harness/real-envoy.ts";
import { http1Text, sendText } from "./harness/wire-client.ts";

const clock = createClock();
const lookEvery = Temporal.Duration.from({ milliseconds: 5 });

async function acknowledged(xds: XdsServer, { type, name, version }: Resource): Promise<void> {
  while (!xds.isAcknowledged(type, name, version)) await clock.sleep(lookEvery);
}

/** The status of the first answer there is; undefined when nobody listens. */
async function ask(port: number, host: string): Promise<number | undefined> {
  try {
    return (await sendText({ port }, http1Text("/", [`Host: ${host}`]))).status;
  } catch {
    // Refused: that is what is asked.
    return undefined;
  }
}

function isOfHost({ type, name }: Resource): boolean {
  return (type === "scope" || type === "routes") && name !== everyHostName;
}

test("an Envoy that is told its hosts in parts answers none of them before it has all", async () => {
  await using echo = await startEcho();
  const ports = await freePorts("http", "https");
  const all = worldResources(chainLayout(plainSettings, ports), echo.port);
  const hosts = Map.groupBy(all.filter(isOfHost), ({ name }) => name);
  const answers: (number | undefined)[] = [];
  const publish = async (xds: XdsServer): Promise<void> => {
    xds.publish({ set: all.filter((resource) => !isOfHost(resource)), removed: [] });
    xds.begin();
    for (const set of hosts.values()) {
      xds.publish({ set, removed: [] });
      for (const resource of set) await acknowledged(xds, resource);
      answers.push(await ask(ports.http, "a.one.test"));
    }
    xds.open();
    while (answers.at(-1) === undefined) {
      answers.push(await ask(ports.http, "a.one.test"));
      await clock.sleep(lookEvery);
    }
  };
  await using envoy = await startEnvoy(all, secretForServerName, { publish });
  assert.deepEqual(envoy.refused, []);
  const heard = answers.filter((status) => status !== undefined);
  assert.deepEqual(heard, [200]);
});
