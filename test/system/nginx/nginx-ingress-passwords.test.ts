/** Passwords by annotations of an Ingress, through the real program: asked for on every form of host, and of minions by themselves. */

import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate } from "node:timers/promises";
import { shaHash } from "#test/fakes/password-hash.ts";
import { type RunningSekisho, startSekisho } from "../harness/sekisho.ts";
import { serveDirectory } from "../harness/served-directory.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

/** JSON is YAML. */
function ingress(
  name: string,
  host: string,
  annotations: Readonly<Record<string, string>>,
  paths: readonly string[],
): string {
  const backend = { service: { name: "missing", port: { number: 80 } } };
  const http = { paths: paths.map((path) => ({ path, pathType: "Prefix", backend })) };
  const rule = { ...(host === "" ? {} : { host }), ...(paths.length === 0 ? {} : { http }) };
  return `---\n${JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, annotations },
    spec: { ingressClassName: "nginx", rules: [rule] },
  })}\n`;
}

function passwords(name: string, user: string): string {
  return `---
apiVersion: v1
kind: Secret
metadata: {name: ${name}}
type: nginx.org/htpasswd
stringData: {htpasswd: "${user}:${shaHash(user)}"}
`;
}

const secret = "nginx.org/basic-auth-secret";
const type = "nginx.org/mergeable-ingress-type";
const staff = { [secret]: "staff" };

/** Services are missing, so whoever gets through is told 502. */
const manifests = [
  ingress("exact", "exact.test", staff, ["/"]),
  ingress("wildcard", "*.wild.test", staff, ["/"]),
  ingress("any", "", staff, ["/"]),
  ingress("master", "cafe.test", { [type]: "master", ...staff }, []),
  ingress("tea", "cafe.test", { [type]: "minion" }, ["/tea"]),
  ingress("coffee", "cafe.test", { [type]: "minion", [secret]: "guests" }, ["/coffee"]),
  ...[passwords("staff", "alice"), passwords("guests", "bob")],
  `---
apiVersion: v1
kind: Service
metadata: {name: missing}
spec: {ports: [{port: 80}]}
`,
].join("");

async function ask(
  running: RunningSekisho,
  host: string,
  path: string,
  user?: string,
): Promise<number> {
  const credentials = user === undefined ? [] : [`Authorization: Basic ${btoa(`${user}:${user}`)}`];
  const text = http1Text(path, [`Host: ${host}`, ...credentials]);
  return (await sendText({ port: running.httpPort }, text)).status;
}

test("a password is asked for on an exact host, a wildcard and every host, and of minions their own", async (t) => {
  using directory = serveDirectory({ "cafe.yaml": manifests });
  const running = await startSekisho(["up", directory.path, "--workloads", "none"]);
  t.after(() => running.stop());
  for (const host of ["exact.test", "EXACT.test:8080", "exact.test.", "a.wild.test", "else.test"]) {
    assert.equal(await ask(running, host, "/"), 401, host);
    assert.equal(await ask(running, host, "/", "bob"), 401, host);
    assert.equal(await ask(running, host, "/", "alice"), 502, host);
  }
  assert.equal(await ask(running, "cafe.test", "/tea", "bob"), 401);
  assert.equal(await ask(running, "cafe.test", "/tea", "alice"), 502);
  assert.equal(await ask(running, "cafe.test", "/coffee", "alice"), 401);
  assert.equal(await ask(running, "cafe.test", "/coffee", "bob"), 502);
  directory.write("cafe.yaml", manifests.replaceAll(`"staff"`, `"nowhere"`));
  while ((await ask(running, "exact.test", "/", "alice")) !== 500) await setImmediate();
  assert.equal(await ask(running, "cafe.test", "/tea", "alice"), 500);
});
