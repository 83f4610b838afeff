import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { type TestContext, test } from "node:test";
import { createPortProbe } from "./real-port-probe.ts";

const { probe } = createPortProbe();

/** Listens until the test ends; returns the port. */
async function hold(context: TestContext, options: net.ListenOptions): Promise<number> {
  const server = net.createServer().listen({ port: 0, ...options });
  await once(server, "listening");
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

test("a port that somebody listens on is in use, and free when that has ended", async () => {
  const server = net.createServer().listen({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  assert.equal(await probe("127.0.0.1", port), "in-use");
  assert.equal(await probe("0.0.0.0", port), "in-use");
  const closed = once(server, "close");
  server.close();
  await closed;
  assert.equal(await probe("127.0.0.1", port), "free");
});

test("a port that pods share on addresses of their own is free on every address", async (context) => {
  const port = await hold(context, { host: "127.1.2.3", reusePort: true });
  assert.equal(await probe("0.0.0.0", port), "free");
  assert.equal(await probe("127.1.2.3", port), "in-use");
});

test("a port that another gate has on every address is in use, although it could be shared", async (context) => {
  const port = await hold(context, { host: "0.0.0.0", reusePort: true });
  assert.equal(await probe("0.0.0.0", port), "in-use");
});

test("an address of another machine is told from a port in use", async () => {
  assert.equal(await probe("192.0.2.1", 0), "other");
});
