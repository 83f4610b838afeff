import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { createSocketHttp } from "./real-socket-http.ts";
import { SocketHttpError } from "./socket-http.ts";

const timeout = Temporal.Duration.from({ seconds: 30 });

async function serve(t: TestContext, answer: http.RequestListener): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), "sekisho-socket-"));
  const socket = path.join(directory, "socket");
  const server = http.createServer(answer).listen(socket);
  await once(server, "listening");
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });
  return socket;
}

const fails =
  (code: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SocketHttpError);
    assert.equal(error.code, code);
    return true;
  };

test("an answer comes with its status and body", async (t) => {
  const socket = await serve(t, (request, response) => {
    response.writeHead(418);
    response.end(`${request.method} ${request.url} ✓`);
  });
  const answer = await createSocketHttp().request({
    ...{ socket, method: "POST", path: "/a?b=c", timeout },
  });
  assert.deepEqual(answer, { status: 418, body: "POST /a?b=c ✓" });
});

test("a missing socket, a slow answer and a caller that gives up are told apart", async (t) => {
  const { request } = createSocketHttp();
  const asked = { method: "GET", path: "/", timeout } as const;
  await assert.rejects(request({ ...asked, socket: "/nonexistent/socket" }), fails("absent"));
  const socket = await serve(t, () => undefined);
  const short = Temporal.Duration.from({ milliseconds: 10 });
  await assert.rejects(request({ ...asked, socket, timeout: short }), fails("timeout"));
  const given = AbortSignal.abort();
  await assert.rejects(request({ ...asked, socket }, given), fails("aborted"));
  const cut = await serve(t, (incoming) => incoming.socket.destroy());
  await assert.rejects(request({ ...asked, socket: cut }), fails("refused"));
});
