/** Listening for HTTP/2: who may connect, and what is said when it cannot be done. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import type { ClientHttp2Session } from "node:http2";
import { connect } from "node:http2";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { selfSigned } from "#test/simulators/self-signed.ts";
import type { Http2Handler } from "./http2-server.ts";
import { createHttp2Server } from "./real-http2-server.ts";

const { listen } = createHttp2Server();
const hello: Http2Handler = (_, response) => response.end("hello");

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "sekisho-http2-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function get(session: ClientHttp2Session): Promise<string> {
  const stream = session.request({ ":path": "/" });
  let body = "";
  for await (const chunk of stream.setEncoding("utf8")) body += chunk;
  return body;
}

test("a Unix socket replaces a stale file, is for its owner only, and closing ends the sessions", async (t) => {
  const path = join(await directory(t), "s.sock");
  await writeFile(path, "stale");
  const listener = await listen({ kind: "unix", path }, hello);
  t.after(() => listener.close());
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(listener.port, undefined);
  const session = connect("http://x", { createConnection: () => createConnection(path) });
  assert.equal(await get(session), "hello");
  const ended = once(session, "close");
  await listener.close();
  await ended;
});

test("a socket path that the system would cut is refused", async (t) => {
  const path = join(await directory(t), "x".repeat(120));
  await assert.rejects(listen({ kind: "unix", path }, hello), { code: "path-too-long" });
});

test("a port in use is named", async (t) => {
  const server = selfSigned(["localhost"]);
  const identity = {
    certificateChain: server.certificate,
    privateKey: server.key,
    clientCa: server.certificate,
  };
  const address = { kind: "tls", host: "127.0.0.1", identity } as const;
  const listener = await listen({ ...address, port: 0 }, hello);
  t.after(() => listener.close());
  const port = listener.port ?? 0;
  await assert.rejects(listen({ ...address, port }, hello), {
    code: "in-use",
    message: `127.0.0.1:${port} is in use; stop what listens there or choose another address`,
  });
});

test("over TCP a client without a certificate of the right authority is refused", async (t) => {
  const [server, client, stranger] = [["localhost"], ["client"], ["stranger"]].map((names) =>
    selfSigned([names[0] ?? ""]),
  );
  assert.ok(server !== undefined && client !== undefined && stranger !== undefined);
  const identity = {
    certificateChain: server.certificate,
    privateKey: server.key,
    clientCa: client.certificate,
  };
  const listener = await listen({ kind: "tls", host: "127.0.0.1", port: 0, identity }, hello);
  t.after(() => listener.close());
  const open = (options: { readonly cert?: string; readonly key?: string }): ClientHttp2Session => {
    const session = connect(`https://localhost:${listener.port}`, {
      ca: server.certificate,
      ...options,
    });
    t.after(() => session.destroy());
    return session;
  };
  const trusted = open({ cert: client.certificate, key: client.key });
  assert.equal(await get(trusted), "hello");
  assert.equal((trusted.socket as TLSSocket).getProtocol(), "TLSv1.3");
  for (const options of [{}, { cert: stranger.certificate, key: stranger.key }]) {
    const session = open(options);
    session.on("error", () => "the server breaks off: what counts is that nothing was answered");
    assert.notEqual(await get(session).catch(() => "broken off"), "hello");
  }
  const renewed = selfSigned(["localhost"]);
  listener.replaceIdentity({
    ...identity,
    certificateChain: renewed.certificate,
    privateKey: renewed.key,
  });
  const later = connect(`https://localhost:${listener.port}`, {
    ca: renewed.certificate,
    cert: client.certificate,
    key: client.key,
  });
  t.after(() => later.destroy());
  assert.equal(await get(later), "hello");
});
