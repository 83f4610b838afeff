import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { StoreError, type StoreErrorCode } from "../../object-store.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { type AskedAccess, findAccess } from "./find-access.ts";

interface Home {
  readonly directory: string;
  readonly clock: ReturnType<typeof createManualClock>;
  readonly write: (name: string, text: string) => Promise<void>;
  readonly find: (
    asked?: AskedAccess,
    variables?: Readonly<Record<string, string>>,
  ) => Promise<ClusterAccess>;
}

/** A home directory of the test's own. */
async function home(context: TestContext): Promise<Home> {
  const directory = await mkdtemp(path.join(tmpdir(), "sekisho-access-"));
  context.after(() => rm(directory, { recursive: true }));
  const clock = createManualClock();
  return {
    directory,
    clock,
    write: async (name, text) => {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
      await writeFile(path.join(directory, name), text);
    },
    find: (asked = {}, variables = {}) =>
      findAccess(
        {
          clock,
          files: createFiles(),
          processes: createProcesses(),
          variables: { ...variables, PATH: "/usr/bin:/bin" },
          home: directory,
          workingDirectory: directory,
        },
        asked,
      ),
  };
}

function config(user: object, cluster: object = { server: "https://a.example:6443" }): string {
  return JSON.stringify({
    "current-context": "main",
    contexts: [
      { name: "main", context: { cluster: "c", user: "u" } },
      { name: "other", context: { cluster: "c", user: "u", namespace: "team" } },
    ],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
  });
}

async function failsWith(code: StoreErrorCode, act: () => Promise<unknown>): Promise<string> {
  const error: unknown = await act().catch((thrown: unknown) => thrown);
  assert.ok(error instanceof StoreError, `${error}`);
  assert.equal(error.code, code);
  return error.message;
}

test("the file in the home directory is taken, with its current context or another", async (context) => {
  const { find, write } = await home(context);
  await write(".kube/config", config({ token: "t" }));
  const access = await find();
  assert.equal(access.server.url, "https://a.example:6443");
  assert.equal(access.namespace, "default");
  assert.deepEqual(await access.credentials.current(), { authorization: "Bearer t" });
  assert.equal((await find({ context: "other" })).namespace, "team");
});

test("of several files the first to name something counts, and each one's paths are its own", async (context) => {
  const { find, write, directory } = await home(context);
  await write(
    "one/config",
    JSON.stringify({ users: [{ name: "u", user: { tokenFile: "token" } }] }),
  );
  await write("one/token", "from one\n");
  await write("two/config", config({ token: "from two" }));
  const names = ["one/config", "two/config", "missing"].map((name) => path.join(directory, name));
  const access = await find({}, { KUBECONFIG: names.join(":") });
  assert.deepEqual(await access.credentials.current(), { authorization: "Bearer from one" });
});

test("a token in a file is read anew each minute, and the last one stays while it is missing", async (context) => {
  const { find, write, clock, directory } = await home(context);
  await write(".kube/config", config({ tokenFile: "token" }));
  await write(".kube/token", "first");
  const { credentials } = await find();
  const shown = async (): Promise<string | undefined> =>
    (await credentials.current()).authorization;
  assert.equal(await shown(), "Bearer first");
  await write(".kube/token", "second");
  assert.equal(await shown(), "Bearer first");
  await clock.advance({ minutes: 1 });
  assert.equal(await shown(), "Bearer second");
  await rm(path.join(directory, ".kube/token"));
  await clock.advance({ minutes: 1 });
  assert.equal(await shown(), "Bearer second");
});

test("certificates are taken from the entry itself or from the files it names", async (context) => {
  const { find, write } = await home(context);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const user = { "client-certificate-data": base64("certificate"), "client-key": "key.pem" };
  const cluster = { server: "https://a.example", "certificate-authority": "ca.pem" };
  await write(".kube/config", config(user, cluster));
  await write(".kube/key.pem", "key");
  await write(".kube/ca.pem", "authority");
  const access = await find();
  assert.equal(access.server.trusted, "authority");
  const identity = { certificate: "certificate", key: "key" };
  assert.deepEqual(await access.credentials.current(), { identity });
});

/** A plugin that counts its runs in a file and prints `status`. */
async function plugin({ write, directory }: Home, status: string): Promise<void> {
  await write(
    ".kube/plugin",
    `#!/bin/sh\nn=$(cat "$COUNT" 2>/dev/null || echo 0); n=$((n+1)); echo $n > "$COUNT"\necho '{"kind":"ExecCredential","status":${status}}' | sed "s/NUMBER/$n/"\n`,
  );
  await chmod(path.join(directory, ".kube/plugin"), 0o755);
  const env = [{ name: "COUNT", value: path.join(directory, "count") }];
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin", env };
  await write(".kube/config", config({ exec }));
}

test("a plugin is run once, again when its token expires, and again when the server refuses it", async (context) => {
  const place = await home(context);
  const expiry = "2026-01-01T01:00:00Z";
  await plugin(place, `{"token":"NUMBER","expirationTimestamp":"${expiry}"}`);
  const { credentials } = await place.find();
  const shown = async (): Promise<string | undefined> =>
    (await credentials.current()).authorization;
  assert.deepEqual(await Promise.all([shown(), shown()]), ["Bearer 1", "Bearer 1"]);
  credentials.refused();
  assert.equal(await shown(), "Bearer 2");
  await place.clock.advance({ hours: 1 });
  assert.equal(await shown(), "Bearer 3");
});

test("what a plugin prints is in no error", async (context) => {
  const place = await home(context);
  await plugin(place, `"s3cr3t`);
  const { credentials } = await place.find();
  const message = await failsWith("denied", () => credentials.current());
  assert.match(message, /printed no ExecCredential/);
  assert.doesNotMatch(message, /s3cr3t/);
});

test("a plugin that fails is quoted", async (context) => {
  const { find, write } = await home(context);
  await write(
    ".kube/config",
    config({ exec: { command: "sh", args: ["-c", "echo no login >&2; exit 3"] } }),
  );
  const { credentials } = await find();
  assert.equal(await failsWith("denied", () => credentials.current()), "sh failed: no login");
});

const unusable: Readonly<Record<string, readonly [string, RegExp]>> = {
  "a context that is not there": [
    JSON.stringify({ "current-context": "gone" }),
    /no entry "gone" among its contexts/,
  ],
  "no current context": ["{}", /has no current context/],
  "a proxy": [
    config({}, { server: "https://a.example", "proxy-url": "http://p" }),
    /proxy-url is not supported/,
  ],
  "a removed kind of login": [config({ "auth-provider": { name: "gcp" } }), /use an exec plugin/],
  "no server": [config({}, {}), /has no server/],
  "no YAML": ["a: [", /is no YAML \(at character/],
};

for (const [what, [text, message]] of Object.entries(unusable)) {
  test(`a kubeconfig with ${what} is refused with the reason`, async (context) => {
    const { find, write } = await home(context);
    await write(".kube/config", text);
    assert.match(await failsWith("invalid", find), message);
  });
}

test("without any file and outside a pod no cluster is meant", async (context) => {
  const { find } = await home(context);
  assert.match(await failsWith("invalid", find), /no cluster is named/);
});

test("a file that was asked for must be there", async (context) => {
  const { find } = await home(context);
  await failsWith("denied", () => find({ kubeconfig: "gone" }));
});
