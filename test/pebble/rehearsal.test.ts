/** Two Pebbles, one the staging twin of the other: names that failed are tried there first. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { issuerOf, openStage } from "./acme-stage.ts";
import { startFaultProxy } from "./fault-proxy.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();
const name = "a.example.com";

describe("a staging twin", { skip }, () => {
  test("is asked after a failure, until the names pass there, and spares the server itself", async () => {
    const twins = new Map<string, string>();
    await using stage = await openStage(() => [], { twinOf: (directory) => twins.get(directory) });
    // One for both: an issuer has one set of authorities.
    const identity = selfSigned(["localhost"]);
    const server = { httpPort: stage.answers.port };
    await using pebble = await startPebble(server);
    await using proxy = await startFaultProxy(pebble, identity);
    await using twin = await startPebble(server);
    await using staging = await startFaultProxy(twin, identity);
    twins.set(proxy.directory, staging.directory);
    await stage.issue(issuerOf(proxy));
    await stage.start();
    const orders = (): readonly number[] =>
      [proxy, staging].map(({ calls }) => calls.get("order") ?? 0);
    // Nobody answers there.
    const elsewhere = { host: `${name}.`, addresses: ["127.0.0.2"] };
    await pebble.setNames("add-a", elsewhere);
    await twin.setNames("add-a", elsewhere);
    assert.equal((await stage.order("web-1", [name])).state, "invalid");
    assert.deepEqual(orders(), [1, 0]);
    assert.equal((await stage.order("web-2", [name])).state, "invalid");
    assert.deepEqual(orders(), [1, 1]);
    await pebble.setNames("clear-a", elsewhere);
    await twin.setNames("clear-a", elsewhere);
    const { state, reason = "", url = "" } = await stage.order("web-3", [name]);
    assert.equal(state, "valid", reason);
    assert.ok(url.startsWith(new URL(proxy.directory).origin));
    assert.deepEqual(orders(), [2, 2]);
    assert.equal(staging.finalized.size, 0);
    assert.equal((await stage.order("web-4", [name])).state, "valid");
    assert.deepEqual(orders(), [3, 2]);
  });
});
