import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { type TestContext, test } from "node:test";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { admitOnly } from "./xds-admission.ts";
import { createRoot, issueLeaf, type SigningRoot } from "./xds-certificates.ts";
import type { XdsRole } from "./xds-peers.ts";

const namespace = "sekisho-system";
const now = Temporal.Now.instant();

async function listen(
  context: TestContext,
  root: SigningRoot,
  clock = createManualClock(now),
): Promise<number> {
  const server = issueLeaf(root, now, { namespace, role: "control-plane" });
  const listener = await createHttp2Server().listen(
    {
      kind: "tls",
      host: "127.0.0.1",
      port: 0,
      identity: {
        certificateChain: server.certificate.pem,
        privateKey: Buffer.from(server.privateKey.reveal()).toString(),
        clientCa: root.certificate.pem,
      },
    },
    admitOnly({ clock, namespace, role: "proxy" }, (request, response) => {
      response.write("xDS");
      if (request.url === "/") response.end();
    }),
  );
  context.after(() => listener.close());
  return listener.port ?? 0;
}

/** What a client of this namespace and role is answered, whose certificate `signer` signed. */
async function ask(
  port: number,
  roots: { readonly trusted: SigningRoot; readonly signer: SigningRoot },
  holder: { readonly namespace: string; readonly role: XdsRole },
): Promise<string> {
  const leaf = issueLeaf(roots.signer, now, holder);
  const session = connect(`https://127.0.0.1:${port}`, {
    ca: roots.trusted.certificate.pem,
    cert: leaf.certificate.pem,
    key: Buffer.from(leaf.privateKey.reveal()),
    servername: `sekisho-xds.${namespace}.svc`,
  });
  session.on("error", () => "seen by the stream");
  try {
    const stream = session.request({ ":path": "/" });
    let status = 0;
    stream.on("response", (headers) => {
      status = headers[":status"] ?? 0;
    });
    let body = "";
    for await (const chunk of stream.setEncoding("utf8")) body += chunk;
    return `${status} ${body}`;
  } catch {
    return "broken off";
  } finally {
    session.destroy();
  }
}

test("only proxies of this namespace are let through, by the role in their certificate", async (context) => {
  const root = createRoot(now);
  const roots = { trusted: root, signer: root };
  const port = await listen(context, root);
  assert.equal(await ask(port, roots, { namespace, role: "proxy" }), "200 xDS");
  assert.match(await ask(port, roots, { namespace, role: "control-plane" }), /^403 .*role proxy/);
  assert.match(await ask(port, roots, { namespace: "other", role: "proxy" }), /^403 /);
});

test("who shows a certificate of another root is not answered at all", async (context) => {
  const root = createRoot(now);
  const roots = { trusted: root, signer: createRoot(now) };
  const port = await listen(context, root);
  assert.doesNotMatch(await ask(port, roots, { namespace, role: "proxy" }), /xDS|403/);
});

test("what is open when the certificate expires is ended, and the expired certificate is refused", async (context) => {
  const root = createRoot(now);
  const clock = createManualClock(now);
  const port = await listen(context, root, clock);
  const leaf = issueLeaf(root, now, { namespace, role: "proxy" });
  const session = connect(`https://127.0.0.1:${port}`, {
    ca: root.certificate.pem,
    cert: leaf.certificate.pem,
    key: Buffer.from(leaf.privateKey.reveal()),
    servername: `sekisho-xds.${namespace}.svc`,
  });
  context.after(() => session.destroy());
  session.on("error", () => "it is broken off");
  const stream = session.request({ ":path": "/stays-open" });
  stream.on("error", () => "it is broken off");
  stream.resume();
  await once(stream, "response");
  await clock.advance({ hours: 23 });
  assert.equal(stream.closed, false);
  const closed = once(session, "close");
  await clock.advance({ hours: 1 });
  await closed;
  assert.equal(clock.timerCount(), 0);
  const roots = { trusted: root, signer: root };
  assert.match(await ask(port, roots, { namespace, role: "proxy" }), /^403 .* has expired/);
});
