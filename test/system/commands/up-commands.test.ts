/** The commands that ask a running gate: one gate, and what a person reads. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { type Ended, runCommand, table } from "../harness/commands.ts";
import type { RunningSekisho } from "../harness/sekisho.ts";
import { startSekisho } from "../harness/sekisho.ts";
import type { ServedDirectory } from "../harness/served-directory.ts";
import {
  extraIngress,
  lineOf,
  serveDirectory,
  services,
  shopFiles,
} from "../harness/served-directory.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

const undo = new AsyncDisposableStack();
let running:
  | {
      readonly sekisho: RunningSekisho;
      readonly shop: ServedDirectory;
      /** Files that are not served. */
      readonly aside: string;
    }
  | undefined;

before(async () => {
  const shop = undo.use(serveDirectory(shopFiles()));
  const aside = mkdtempSync(join(tmpdir(), "sekisho-aside-"));
  undo.defer(() => rmSync(aside, { recursive: true, force: true }));
  const sekisho = await startSekisho(["up", shop.path]);
  undo.defer(async () => void (await sekisho.stop()));
  running = { sekisho, shop, aside };
});

after(() => undo.disposeAsync());

function started(): NonNullable<typeof running> {
  assert.ok(running);
  return running;
}

/** Where the Service that nobody is behind begins. */
const emptyLine = lineOf("name: empty", services) - 2;

/** Runs a command against the gate. */
function ask(...args: readonly string[]): Promise<Ended> {
  return runCommand([...args, "--data", started().sekisho.data]);
}

/** What a command printed that went well. */
async function printed(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await ask(...args);
  assert.deepEqual([code, err], [0, ""], args.join(" "));
  return out;
}

/** What a command said that failed: what is wrong, and on the next line what to do. */
async function refused(code: number, ...args: readonly string[]): Promise<readonly string[]> {
  const ended = await ask(...args);
  assert.deepEqual([ended.code, ended.out], [code, ""], args.join(" "));
  const [wrong = "", next = ""] = ended.err.split("\n");
  assert.match(wrong, /^sekisho: \S/);
  assert.match(next, /^ {2}\S/, `nothing to do next: ${ended.err}`);
  return [wrong.slice("sekisho: ".length), next.trim()];
}

async function podNames(): Promise<readonly string[]> {
  return table(await printed("get", "pods")).map(({ NAME }) => NAME ?? "");
}

/** Kind → the columns of kubectl, and those that `-o wide` adds. */
const columns: Readonly<Record<string, readonly [plain: string, wide: string]>> = {
  ingress: ["NAME CLASS HOSTS ADDRESS PORTS AGE", ""],
  pods: ["NAME READY STATUS RESTARTS AGE", " IP NODE NOMINATED NODE READINESS GATES"],
  deploy: ["NAME READY UP-TO-DATE AVAILABLE AGE", " CONTAINERS IMAGES SELECTOR"],
  svc: ["NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE", " SELECTOR"],
  secrets: ["NAME TYPE DATA AGE", ""],
};

for (const [kind, [plain, wide]] of Object.entries(columns)) {
  test(`get ${kind} prints the columns of kubectl, and -o wide more of them`, async () => {
    const titles = async (...more: readonly string[]): Promise<string> =>
      ((await printed("get", kind, ...more)).split("\n")[0] ?? "").replace(/ {3,}/g, " ");
    assert.equal(await titles(), plain);
    assert.equal(await titles("-o", "wide"), `${plain}${wide}`);
    assert.equal(await titles("-A"), `NAMESPACE ${plain}`);
  });
}

test("get shows an Ingress with its hosts, the gate's address and both ports", async () => {
  const [row] = table(await printed("get", "ingress", "shop"));
  const { AGE: _, ...rest } = row ?? {};
  assert.deepEqual(rest, {
    NAME: "shop",
    CLASS: "<none>",
    HOSTS: "shop.test",
    ADDRESS: "127.0.0.1",
    PORTS: "80, 443",
  });
});

test("get -o json and -o yaml print manifests: one object, or a List", async () => {
  const one = JSON.parse(await printed("get", "ingress", "shop", "-o", "json"));
  assert.deepEqual(
    [one.apiVersion, one.kind, one.metadata.name, one.spec.rules[0].host],
    ["networking.k8s.io/v1", "Ingress", "shop", "shop.test"],
  );
  const list = JSON.parse(await printed("get", "services", "-o", "json"));
  assert.deepEqual([list.kind, list.items.length], ["List", 3]);
  const yaml = await printed("get", "ingress", "shop", "-o", "yaml");
  assert.match(
    yaml,
    /^apiVersion: networking\.k8s\.io\/v1\nkind: Ingress\nmetadata:\n {2}name: shop$/m,
  );
});

test("describe shows an object with its place, findings and events", async () => {
  const { shop } = started();
  const text = await printed("describe", "service", "empty");
  assert.match(text, /^Name: {8}empty$/m);
  assert.ok(text.includes(`Manifest:    ${shop.path}/services.yaml:${emptyLine}\n`), text);
  assert.match(text, /^Findings:\n {2}\S+services\.yaml:\d+:\d+ warning NoEndpoints: /m);
  assert.match(text, /^Events:\nTYPE +REASON +AGE +COUNT +MESSAGE\nWarning +NoEndpoints /m);
});

test("describe never shows what a Secret holds", async () => {
  const text = await printed("describe", "secret", "shop-tls");
  assert.match(text, /tls\.key: \d+ bytes/);
  assert.ok(!text.includes("PRIVATE KEY"));
});

test("events lists what was found, about which object", async () => {
  const [row] = table(await printed("events"));
  assert.deepEqual(
    [row?.["TYPE"], row?.["REASON"], row?.["OBJECT"]],
    ["Warning", "NoEndpoints", "service/empty"],
  );
});

test("explain names listener, certificate, host, route, cluster, endpoints, and what would be next", async () => {
  const { sekisho, shop } = started();
  const file = `${shop.path}/ingress.yaml`;
  const [ip = ""] = table(await printed("get", "pods", "httpbin", "-o", "wide")).map(
    ({ IP }) => IP ?? "",
  );
  assert.deepEqual((await printed("explain", "https://shop.test/anything/1")).split("\n"), [
    "https://shop.test/anything/1: forwarded",
    `  listener    https on port ${sekisho.httpsPort}`,
    "  certificate Secret default/shop-tls, named for shop.test",
    `              ${file}:${lineOf("hosts: [shop.test]")}  Ingress/default/shop spec.tls[0].hosts[0]`,
    "  host        shop.test",
    `              ${file}:${lineOf("- host: shop.test")}  Ingress/default/shop spec.rules[0]`,
    "  route       /anything/1 is taken by prefix /anything, to default/httpbin:80",
    `              ${file}:${lineOf("path: /anything")}  Ingress/default/shop spec.rules[0].http.paths[1]`,
    "  cluster     default/httpbin:80",
    `  endpoints   ${ip}:80`,
    "  next        prefix /, answered 404",
    `              ${file}:${lineOf("- host: shop.test")}  Ingress/default/shop spec.rules[0]`,
    "",
  ]);
});

const answers: Readonly<Record<string, readonly [url: string, answer: string, text: RegExp]>> = {
  "nobody is ready": ["http://shop.test/empty", "503", /endpoints {3}nobody is ready/],
  "no rule takes the path": ["http://shop.test/other", "404", /prefix \/, answered 404/],
  "no object claims the host": ["http://other.test/", "404", /no object claims it/],
  "there is no certificate": ["https://other.test/", "refused", /handshake is refused/],
};

for (const [why, [url, answer, text]] of Object.entries(answers)) {
  test(`explain says ${answer} when ${why}`, async () => {
    const out = await printed("explain", url);
    assert.equal(out.split("\n")[0], `${url}: ${answer}`);
    assert.match(out, text);
    assert.equal(JSON.parse(await printed("explain", url, "-o", "json")).answer, answer);
  });
}

test("explain and Envoy agree", async () => {
  const { httpPort } = started().sekisho;
  for (const path of ["/empty", "/other"]) {
    const { status } = await sendText({ port: httpPort }, http1Text(path, ["Host: shop.test"]));
    const out = await printed("explain", `http://shop.test${path}`);
    assert.equal(out.split("\n")[0], `http://shop.test${path}: ${status}`);
  }
});

/** The status of a request over HTTPS; asks again until the handshake is not refused any more. */
async function securely(host: string, path: string): Promise<number> {
  const peer = { port: started().sekisho.httpsPort, tls: { serverName: host } };
  for (;;) {
    try {
      return (await sendText(peer, http1Text(path, [`Host: ${host}`]))).status;
    } catch (error) {
      const refused = "ERR_SSL_TLSV1_UNRECOGNIZED_NAME";
      if (!(error instanceof Error && "code" in error && error.code === refused)) throw error;
    }
  }
}

test("apply, create secret and delete change what is served", async () => {
  const { sekisho, aside } = started();
  const place = (file: string): string => join(aside, file);
  const { certificate, key } = selfSigned(["extra.test"]);
  writeFileSync(place("extra.yaml"), extraIngress);
  writeFileSync(place("extra.crt"), certificate);
  writeFileSync(place("extra.key"), key);
  const answer = async (): Promise<string> =>
    (await printed("explain", "https://extra.test/get")).split("\n")[0]?.split(": ")[1] ?? "";
  assert.equal(await answer(), "refused");
  assert.equal(await printed("apply", "-f", place("extra.yaml")), "ingress/extra applied\n");
  const files = ["--cert", place("extra.crt"), "--key", place("extra.key")];
  const from = sekisho.events.length;
  assert.equal(
    await printed("create", "secret", "tls", "extra-tls", ...files),
    "secret/extra-tls created\n",
  );
  await sekisho.next(
    ({ event, reason }) => event === "resolved" && reason === "SecretNotFound",
    from,
  );
  assert.equal(await answer(), "forwarded");
  assert.equal(await securely("extra.test", "/get"), 200);
  assert.match(
    await printed("describe", "ingress", "extra"),
    /^Manifest: {4}<none>, it is stored$/m,
  );
  assert.equal(await printed("delete", "ingress", "extra"), 'ingress "extra" deleted\n');
  assert.equal(await printed("delete", "secret", "extra-tls"), 'secret "extra-tls" deleted\n');
  const gone = await runCommand(["get", "ingress", "extra", "--data", sekisho.data]);
  assert.equal(gone.code, 1);
});

test("create secret generic stores files and texts", async () => {
  const { aside } = started();
  writeFileSync(join(aside, "tokens.json"), '{"a": 1}');
  const from = ["--from-file", join(aside, "tokens.json"), "--from-literal", "word=secret"];
  assert.equal(
    await printed("create", "secret", "generic", "tokens", ...from),
    "secret/tokens created\n",
  );
  const { data } = JSON.parse(await printed("get", "secret", "tokens", "-o", "json"));
  const text = (name: string): string => Buffer.from(data[name], "base64").toString("utf8");
  assert.deepEqual([text("tokens.json"), text("word")], ['{"a": 1}', "secret"]);
  await printed("delete", "secret", "tokens");
});

test("logs prints what a pod has printed", async () => {
  const [tea = ""] = (await podNames()).filter((name) => name.startsWith("tea-"));
  assert.match(await printed("logs", tea), /^listening on \S+:8080\n$/);
  assert.match(await printed("logs", tea, "-c", "server"), /^listening on \S+:8080\n$/);
});

const mistakes: Readonly<
  Record<string, readonly [code: number, args: readonly string[], wrong: RegExp, next: RegExp]>
> = {
  "a kind that is none": [2, ["get", "cups"], /no kind "cups"; known are .*ingresses/, /names/],
  "an object that is not there": [
    1,
    ["get", "pod", "nope"],
    /pods "nope" not found in namespace default/,
    /get pods -A/,
  ],
  "an object to describe that is not there": [
    1,
    ["describe", "pod", "nope"],
    /not found/,
    /get pods -A/,
  ],
  "the log of a pod that is not there": [
    1,
    ["logs", "nope"],
    /pods "nope" not found/,
    /get pods -A/,
  ],
  "the log of a container that is not there": [
    2,
    ["logs", "httpbin", "-c", "x"],
    /no container x/,
    /httpbin/,
  ],
  "a URL that is none": [
    2,
    ["explain", "shop.test/tea"],
    /is no URL that can be explained/,
    /https:\/\//,
  ],
  "deleting what is not there": [1, ["delete", "secret", "nope"], /does not exist/, /get/],
  "deleting what a file holds": [
    1,
    ["delete", "svc", "empty"],
    /comes from a file/,
    new RegExp(`services\\.yaml, line ${emptyLine}$`),
  ],
  "creating what is there": [
    1,
    ["create", "secret", "generic", "shop-tls", "--from-literal", "a=b"],
    /exists already/,
    /apply/,
  ],
  "a text without a key": [
    2,
    ["create", "secret", "generic", "x", "--from-literal", "b"],
    /has no key/,
    /KEY=TEXT/,
  ],
  "a file that is not there": [
    2,
    ["apply", "-f", "/nowhere.yaml"],
    /no file \/nowhere\.yaml/,
    /-f/,
  ],
};

for (const [what, [code, args, wrong, next]] of Object.entries(mistakes)) {
  test(`${what}: exit code ${code}, and what to do next`, async () => {
    const [said = "", advice = ""] = await refused(code, ...args);
    assert.match(said, wrong);
    assert.match(advice, next);
  });
}

test("applying what a file holds names the line to edit", async () => {
  const { aside } = started();
  const changed = `apiVersion: v1\nkind: Service\nmetadata: { name: empty }\nspec: { ports: [{ port: 81 }] }\n`;
  writeFileSync(join(aside, "empty.yaml"), changed);
  const [said = "", advice = ""] = await refused(1, "apply", "-f", join(aside, "empty.yaml"));
  assert.match(said, /Service\/default\/empty comes from a file/);
  assert.match(advice, new RegExp(`services\\.yaml, line ${emptyLine}$`));
});

test("a certificate that does not fit its key is not stored", async () => {
  const { aside } = started();
  writeFileSync(join(aside, "one.crt"), selfSigned(["a.test"]).certificate);
  writeFileSync(join(aside, "other.key"), selfSigned(["a.test"]).key);
  const files = ["--cert", join(aside, "one.crt"), "--key", join(aside, "other.key")];
  const [said = ""] = await refused(1, "create", "secret", "tls", "bad", ...files);
  assert.match(said, /key/);
});

test("a second up on the same data directory says who holds it", async () => {
  const { shop, sekisho } = started();
  const [said = "", advice = ""] = await refused(1, "up", shop.path);
  const found = /held by process \d+, which serves (\S+) since 20/.exec(said);
  assert.ok(said.startsWith(`the data directory ${sekisho.data} is held by process `), said);
  assert.equal(found?.[1], shop.path);
  assert.ok(advice.includes(`sekisho down --data ${sekisho.data}`), advice);
  assert.ok(advice.includes("--data DIRECTORY"), advice);
});

test("without --data the one gate that runs is meant", async () => {
  const { sekisho, aside } = started();
  const variables = { XDG_STATE_HOME: join(aside, "state") };
  const state = join(aside, "state", "sekisho");
  mkdirSync(state, { recursive: true });
  symlinkSync(sekisho.data, join(state, "one"));
  const { code, out } = await runCommand(["get", "pods"], { variables });
  assert.deepEqual([code, table(out).length], [0, 2]);
});

test("of several gates none is meant: each is named with what it serves", async () => {
  const { sekisho, shop, aside } = started();
  const variables = { XDG_STATE_HOME: join(aside, "states") };
  const state = join(aside, "states", "sekisho");
  mkdirSync(state, { recursive: true });
  for (const name of ["one", "two"]) symlinkSync(sekisho.data, join(state, name));
  const { code, err } = await runCommand(["get", "pods"], { variables });
  assert.equal(code, 2);
  assert.deepEqual(err.trimEnd().split("\n"), [
    "sekisho: several gates are running",
    "  say which one is meant:",
    `  --data ${join(state, "one")} (serves ${shop.path})`,
    `  --data ${join(state, "two")} (serves ${shop.path})`,
  ]);
});

test("where no gate runs a command says how to start one", async () => {
  const { aside } = started();
  const none = await runCommand(["get", "pods"], { variables: { XDG_STATE_HOME: aside } });
  assert.equal(none.code, 1);
  assert.match(none.err, /^sekisho: no gate is running\n {2}start one: sekisho up DIR/);
  const nobody = await runCommand(["get", "pods", "--data", aside]);
  assert.equal(nobody.code, 1);
  assert.equal(nobody.err.split("\n")[1], `  start one: sekisho up DIR --data ${aside}`);
});

test("status shows Envoy, its ports, and that the proxy waits for nothing", async () => {
  const out = await printed("status");
  const { httpPort, httpsPort } = started().sekisho;
  assert.match(out, /^Envoy \S+ is ready; HTTP on port \d+, HTTPS on port \d+$/m);
  assert.ok(out.includes(`HTTP on port ${httpPort}, HTTPS on port ${httpsPort}`));
  const [proxy, ...others] = table(out.slice(out.indexOf("PROXY")));
  assert.deepEqual([proxy?.["PROXY"], proxy?.["WAITING"], others], ["standalone", "-", []]);
});
