import assert from "node:assert/strict";
import { test } from "node:test";
import { EnvoyRoster } from "#proxies/process/adoption/envoy-roster.ts";
import type { PortProbe } from "#runtime/network/port-probe.ts";
import { createMemoryFiles, type MemoryFiles } from "#test/fakes/runtime/memory-files.ts";
import { keepPorts, readHeldPorts } from "./held-ports.ts";
import { choosePorts } from "./ports.ts";

const served = { http: 8080, https: 8443, lowPortShift: 8000 };
const taken: PortProbe = { probe: async () => "in-use" };
const nothing = { http: undefined, https: undefined };

/** A data directory that was served on these ports by an Envoy that may live still. */
async function left(lives: boolean): Promise<ReturnType<typeof readHeldPorts>> {
  const files: MemoryFiles = createMemoryFiles();
  files.write("/data/envoy/envoy.log", "");
  await keepPorts(files, "/data", served);
  const roster = new EnvoyRoster(files, "/data/envoy/running.json");
  await roster.add({ pid: 7, startTicks: "1", epoch: 0, fingerprint: "f", state: "serving" });
  const processes = {
    start: () => Promise.reject(new Error("nothing is started here")),
    run: () => Promise.reject(new Error("nothing is run here")),
    alive: async () => lives,
    signal: async () => false,
  };
  return await readHeldPorts({ files, processes }, "/data");
}

test("ports that our own Envoy holds are kept, and count as free", async () => {
  const held = await left(true);
  assert.deepEqual(held, served);
  assert.deepEqual(await choosePorts(taken, "0.0.0.0", nothing, held), served);
  const asked = { http: 8080, https: undefined };
  assert.deepEqual(await choosePorts(taken, "0.0.0.0", asked, held), served);
  const other = choosePorts(taken, "0.0.0.0", { http: 9000, https: undefined }, held);
  await assert.rejects(other, /port 9000/);
});

test("without an Envoy that lives no port is held", async () => {
  const held = await left(false);
  assert.equal(held, undefined);
  await assert.rejects(choosePorts(taken, "0.0.0.0", nothing, held), /neither port 80 nor 8080/);
});

test("who may not open low ports has them moved as 80 is", async () => {
  const probe: PortProbe = {
    probe: async (_, port) => (port < 1024 ? "denied" : "free"),
  };
  assert.deepEqual(await choosePorts(probe, "0.0.0.0", nothing), served);
  const free: PortProbe = { probe: async () => "free" };
  const all = { http: 80, https: 443, lowPortShift: 0 };
  assert.deepEqual(await choosePorts(free, "0.0.0.0", nothing), all);
});
