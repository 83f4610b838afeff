/** `sekisho up` follows its files: one program, one Envoy, and everything that an evening of editing does to them. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import type { TLSSocket } from "node:tls";
import type { Place } from "#base/origin.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { receiveText } from "../harness/received-text.ts";
import type { RunningSekisho, UpEvent } from "../harness/sekisho.ts";
import { startSekisho } from "../harness/sekisho.ts";
import type { ServedDirectory } from "../harness/served-directory.ts";
import {
  ingress,
  lineOf,
  secretManifest,
  serveDirectory,
  shopFiles,
  tea,
} from "../harness/served-directory.ts";
import { connect, http1Text, sendText, type WireAnswer } from "../harness/wire-client.ts";

const undo = new AsyncDisposableStack();
const first = selfSigned(["shop.test"]);
let running: { readonly sekisho: RunningSekisho; readonly shop: ServedDirectory } | undefined;

before(async () => {
  const shop = undo.use(serveDirectory(shopFiles(first)));
  const sekisho = await startSekisho(["up", shop.path]);
  undo.defer(async () => void (await sekisho.stop()));
  running = { sekisho, shop };
});

after(() => undo.disposeAsync());

function started(): NonNullable<typeof running> {
  assert.ok(running);
  return running;
}

function get(path: string): Promise<WireAnswer> {
  const text = http1Text(path, ["Host: shop.test"]);
  return sendText({ port: started().sekisho.httpPort }, text);
}

/** Asks again until the answer fits: the change was announced, and Envoy takes it in its own time. */
async function until(path: string, fits: (answer: WireAnswer) => boolean): Promise<WireAnswer> {
  for (;;) {
    const answer = await get(path);
    if (fits(answer)) return answer;
  }
}

const hasStatus =
  (status: number) =>
  (answer: WireAnswer): boolean =>
    answer.status === status;

/** Does something to the files, then waits for each of these events, in any order. */
async function expectEvents(
  change: () => void,
  ...fits: readonly ((event: UpEvent) => boolean)[]
): Promise<readonly UpEvent[]> {
  const { sekisho } = started();
  const from = sekisho.events.length;
  change();
  return await Promise.all(fits.map((fit) => sekisho.next(fit, from)));
}

const isEvent =
  (event: string, reason?: string) =>
  (seen: UpEvent): boolean =>
    seen.event === event && (reason === undefined || seen["reason"] === reason);

test("ready says what is served, on which ports, with which certificates and pods", async () => {
  const { sekisho, shop } = started();
  const { httpPort, httpsPort, data } = sekisho;
  const { status } = (await sekisho.next(isEvent("ready"))) as { readonly status?: unknown };
  const { urls, ports, directories, certificates, pods, ...rest } = status as Record<
    string,
    unknown
  >;
  assert.deepEqual(urls, [`https://shop.test:${httpsPort}`, `http://shop.test:${httpPort}`]);
  assert.deepEqual(ports, { http: httpPort, https: httpsPort });
  assert.deepEqual([directories, rest["data"]], [[shop.path], data]);
  const [certificate] = certificates as { secret: string; serverNames: string[] }[];
  assert.deepEqual(
    [certificate?.secret, certificate?.serverNames],
    ["default/shop-tls", ["shop.test"]],
  );
  const states = pods as { readonly name: string; readonly ready: boolean }[];
  assert.deepEqual([states.length, states.every(({ ready }) => ready)], [2, true]);
  assert.equal((await get("/tea")).status, 200);
  const sample = String(rest["sample"]);
  assert.equal(
    sample,
    `curl --resolve shop.test:${httpPort}:127.0.0.1 http://shop.test:${httpPort}/anything`,
  );
});

/** What asks → what the access log says of it: status, flags, and the text in whose line the answer was decided. */
const logged: Readonly<Record<string, readonly [status: number, flags: string[], text: string]>> = {
  "/anything": [200, [], "path: /anything"],
  "/empty": [503, ["UH"], "path: /empty"],
  "/nothing": [404, [], "- host: shop.test"],
};

for (const [path, [status, flags, text]] of Object.entries(logged)) {
  test(`the access log as JSON says of a ${status} which line of which file decided`, async () => {
    const { sekisho, shop } = started();
    const from = sekisho.events.length;
    await get(path);
    const isIt = (event: UpEvent): boolean => recordOf(event)?.path === path;
    const event = await sekisho.next(isIt, from);
    const record = recordOf(event);
    assert.deepEqual([record?.status, record?.flags], [status, flags]);
    assert.match(record?.route ?? "", /^Ingress\/default\/shop spec\.rules\[0\]/);
    const { file, line } = event["place"] as Place;
    assert.deepEqual([file, line], [`${shop.path}/ingress.yaml`, lineOf(text)]);
  });
}

function recordOf(event: UpEvent): AccessRecord | undefined {
  return event.event === "access" ? (event["record"] as AccessRecord) : undefined;
}

test("a file that is edited is served, and an event says what it changed and how long that took", async () => {
  const { shop } = started();
  assert.equal((await get("/green")).status, 404);
  const edited = ingress.replace("path: /tea", "path: /green");
  const [applied] = await expectEvents(
    () => shop.write("ingress.yaml", edited),
    isEvent("applied"),
  );
  await until("/green", hasStatus(200));
  assert.equal((await get("/tea")).status, 404);
  assert.deepEqual([applied?.["objects"], applied?.["resources"]], [1, 1]);
  assert.equal(typeof applied?.["milliseconds"], "number");
  await expectEvents(() => shop.write("ingress.yaml", ingress), isEvent("applied"));
  await until("/tea", hasStatus(200));
});

test("a file that stops parsing is named with line and column, and its last good objects stay in force", async () => {
  const { shop } = started();
  const broken = `${ingress.replace("path: /tea", "path: /green")}    - host: [\n`;
  const [error, kept] = await expectEvents(
    () => shop.write("ingress.yaml", broken),
    isEvent("finding", "InvalidYaml"),
    isEvent("finding", "LastGoodVersion"),
  );
  const lines = broken.split("\n").length;
  assert.deepEqual(error?.["place"], { file: `${shop.path}/ingress.yaml`, line: lines, column: 1 });
  assert.equal(error?.["severity"], "error");
  assert.match(String(kept?.["message"]), /\(1 object\)/);
  assert.equal((await get("/tea")).status, 200);
  assert.equal((await get("/green")).status, 404);
  await expectEvents(
    () => shop.write("ingress.yaml", ingress),
    isEvent("resolved", "InvalidYaml"),
    isEvent("resolved", "LastGoodVersion"),
  );
  assert.equal((await get("/tea")).status, 200);
});

test("a kind that nobody claims is listed once, however many objects and files hold it", async () => {
  const { sekisho, shop } = started();
  const gadget = (name: string): string =>
    `apiVersion: example.test/v1\nkind: Gadget\nmetadata: { name: ${name} }\n`;
  const from = sekisho.events.length;
  await expectEvents(
    () => {
      shop.write("gadgets.yaml", `${gadget("a")}---\n${gadget("b")}`);
      shop.write("more.yaml", gadget("c"));
    },
    (event) => isEvent("finding", "KindNotUsed")(event) && /\b3\b/.test(String(event["message"])),
  );
  // A burst may be cut in two: what was said of a part is taken back.
  const standing = new Set<unknown>();
  for (const { event, reason, message } of sekisho.events.slice(from) as UpEvent[]) {
    if (reason !== "KindNotUsed") continue;
    if (event === "finding") standing.add(message);
    else standing.delete(message);
  }
  assert.equal(standing.size, 1);
  await expectEvents(
    () => {
      shop.remove("gadgets.yaml");
      shop.remove("more.yaml");
    },
    isEvent("resolved", "KindNotUsed"),
  );
});

/** The certificate that a handshake for the shop is shown; undefined: refused. */
async function shown(): Promise<string | undefined> {
  try {
    const peer = { port: started().sekisho.httpsPort, tls: { serverName: "shop.test" } };
    const socket = (await connect(peer)) as TLSSocket;
    const pem = new X509Certificate(socket.getPeerCertificate(true).raw).toString();
    socket.destroy();
    return pem;
  } catch (error) {
    assert.ok(error instanceof Error && "code" in error);
    assert.equal(error.code, "ERR_SSL_TLSV1_UNRECOGNIZED_NAME");
    return undefined;
  }
}

async function untilShown(certificate: string | undefined): Promise<void> {
  while ((await shown())?.trim() !== certificate?.trim());
}

test("a Secret that goes, comes back and is replaced changes handshakes, and nothing restarts", async () => {
  const { sekisho, shop } = started();
  const second = selfSigned(["shop.test"]);
  await untilShown(first.certificate);
  const from = sekisho.events.length;
  const [finding] = await expectEvents(
    () => shop.remove("secret.json"),
    isEvent("finding", "SecretNotFound"),
  );
  assert.match(String(finding?.["advice"]), /sekisho create secret tls shop-tls/);
  await untilShown(undefined);
  const isRefusal = (event: UpEvent): boolean =>
    event.event === "access" && recordOf(event)?.method === undefined;
  const refusal = await sekisho.next(isRefusal, from);
  const { sni, route } = recordOf(refusal) ?? {};
  assert.deepEqual([sni, route], ["shop.test", "Ingress/default/shop spec.tls[0].hosts[0]"]);
  assert.equal((refusal["place"] as Place).line, lineOf("hosts: [shop.test]"));
  assert.equal((await get("/tea")).status, 200, "plain HTTP goes on");
  await expectEvents(
    () => shop.write("secret.json", secretManifest(second)),
    isEvent("resolved", "SecretNotFound"),
  );
  await untilShown(second.certificate);
  shop.write("secret.json", secretManifest(first));
  await untilShown(first.certificate);
  assert.deepEqual(sekisho.events.slice(from).filter(isEvent("notice")), []);
});

const serverName = ({ body }: WireAnswer): string => /^Server name: (.*)$/m.exec(body)?.[1] ?? "";

test("a Deployment that is scaled answers from more pods, and then from fewer", async () => {
  const { shop } = started();
  shop.write("tea.yaml", tea(3));
  const names = new Set<string>();
  await until("/tea", (answer) => names.add(serverName(answer)).size === 3);
  shop.write("tea.yaml", tea(1));
  // Removed pods leave the endpoints for good: many answers in a row come from one pod.
  let last = "";
  let row = 0;
  await until("/tea", (answer) => {
    row = serverName(answer) === last ? row + 1 : 0;
    last = serverName(answer);
    return row === 20;
  });
});

test("a Deployment whose template changes is replaced pod by pod, without a failed request", async () => {
  const { shop } = started();
  const revision = (answer: WireAnswer): string => serverName(answer).split("-")[1] ?? "";
  const old = revision(await get("/tea"));
  shop.write("tea.yaml", tea(1, "second"));
  const statuses = new Set<number>();
  await until("/tea", (answer) => {
    statuses.add(answer.status);
    return answer.status === 200 && revision(answer) !== old;
  });
  assert.deepEqual([...statuses], [200]);
});

test("SIGTERM lets an open request end, takes no new one, and the program exits with 0", async () => {
  const { sekisho } = started();
  const socket = await connect({ port: sekisho.httpPort });
  const received = receiveText(socket);
  const head = ["POST /anything HTTP/1.1", "Host: shop.test", "Content-Length: 5"];
  socket.write(`${[...head, "Expect: 100-continue"].join("\r\n")}\r\n\r\n`);
  // Envoy has the request when it asks for the body.
  await received.until("100 Continue");
  sekisho.terminate();
  await sekisho.next(isEvent("stopping"));
  socket.write("later");
  await received.until('"data": "later"');
  assert.match(received.text(), /HTTP\/1.1 200 OK/);
  assert.equal(await sekisho.stop(), 0);
  await assert.rejects(connect({ port: sekisho.httpPort }), { code: "ECONNREFUSED" });
});
