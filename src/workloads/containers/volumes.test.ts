import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Volume } from "#kinds/pod-template.ts";
import { createMemoryFiles, type MemoryFiles } from "#test/fakes/runtime/memory-files.ts";
import type { PodFacts } from "../pods/pod-facts.ts";
import type { Values } from "./env.ts";
import { PodVolumes } from "./volumes.ts";

const facts: PodFacts = {
  name: "api-1",
  namespace: "shop",
  uid: "u",
  labels: { b: "2", a: "1" },
  annotations: {},
  serviceAccountName: "default",
  nodeName: "node",
  podIp: "127.9.0.1",
  hostIp: "127.0.0.1",
};

const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");

function valuesOf(configMap: Readonly<Record<string, string>>): Values {
  const map = new Map(Object.entries(configMap).map(([key, value]) => [key, bytes(value)]));
  return {
    configMap: (name) => (name === "settings" ? map : undefined),
    secret: (name) => (name === "pair" ? new Map([["tls.crt", bytes("CERT")]]) : undefined),
  };
}

async function text(files: MemoryFiles, path: string): Promise<string | undefined> {
  const status = await files.status(path);
  return status === undefined
    ? undefined
    : Buffer.from(await files.read(path, 1000)).toString("utf8");
}

const directory = "/pods/u/volumes";

test("ConfigMaps, Secrets and fields become files; items choose and rename them", async () => {
  const files = createMemoryFiles();
  const volumes: readonly Volume[] = [
    { name: "all", configMap: { name: "settings" } },
    {
      name: "some",
      configMap: { name: "settings", items: [{ key: "a", path: "deep/x" }] },
    },
    {
      name: "facts",
      downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] },
    },
    {
      name: "mix",
      projected: {
        sources: [
          { secret: { name: "pair" } },
          { configMap: { name: "settings", items: [{ key: "b", path: "b" }] } },
        ],
      },
    },
  ];
  const pod = new PodVolumes("/pods/u", files);
  assert.deepEqual(await pod.refresh(volumes, facts, valuesOf({ a: "1", b: "2" })), []);
  assert.equal(await text(files, `${directory}/all/a`), "1");
  assert.equal(await text(files, `${directory}/some/deep/x`), "1");
  assert.equal(await text(files, `${directory}/some/b`), undefined);
  assert.equal(await text(files, `${directory}/facts/labels`), 'a="1"\nb="2"');
  assert.equal(await text(files, `${directory}/mix/tls.crt`), "CERT");
  assert.equal(await text(files, `${directory}/mix/b`), "2");
});

test("a change of the ConfigMap changes its files, and keys that went take theirs along", async () => {
  const files = createMemoryFiles();
  const volumes: readonly Volume[] = [{ name: "all", configMap: { name: "settings" } }];
  const pod = new PodVolumes("/pods/u", files);
  await pod.refresh(volumes, facts, valuesOf({ a: "1", b: "2" }));
  await pod.refresh(volumes, facts, valuesOf({ a: "9" }));
  assert.equal(await text(files, `${directory}/all/a`), "9");
  assert.equal(await text(files, `${directory}/all/b`), undefined);
});

test("what is missing is named, what is optional is not, and no path leads out of a volume", async () => {
  const files = createMemoryFiles();
  const missing = async (volume: Omit<Volume, "name">): Promise<readonly string[]> => {
    const pod = new PodVolumes("/pods/u", files);
    const found = await pod.refresh([{ name: "v", ...volume }], facts, valuesOf({ a: "1" }));
    return found.map(({ message }) => message);
  };
  assert.deepEqual(await missing({ configMap: { name: "none" } }), ['configMap "none" not found']);
  assert.deepEqual(await missing({ configMap: { name: "none", optional: true } }), []);
  assert.deepEqual(await missing({ secret: { secretName: "none" } }), ['secret "none" not found']);
  const items = [{ key: "a", path: "../../escape" }];
  assert.deepEqual(await missing({ configMap: { name: "settings", items } }), [
    'configMap "settings" path "../../escape" leads out',
  ]);
  assert.equal(await files.status("/pods/u/escape"), undefined);
});

test("mounts lead from volumes to paths; ConfigMaps and Secrets are read-only", async () => {
  const files = createMemoryFiles();
  files.write("/host/data/x", "");
  const volumes: readonly Volume[] = [
    { name: "settings", configMap: { name: "settings" } },
    { name: "scratch", emptyDir: {} },
    { name: "host", hostPath: { path: "/host/data" } },
    { name: "claim", persistentVolumeClaim: { claimName: "c" } },
  ];
  const container: Container = {
    name: "c",
    image: "i",
    volumeMounts: [
      { name: "settings", mountPath: "/etc/app/" },
      { name: "settings", mountPath: "/etc/one", subPath: "a" },
      { name: "scratch", mountPath: "/tmp/work", subPathExpr: "$(POD)" },
      { name: "host", mountPath: "/data", readOnly: true },
      { name: "host", mountPath: "/bad", subPath: "../.." },
      { name: "claim", mountPath: "/claim" },
    ],
  };
  const pod = new PodVolumes("/pods/u", files);
  await pod.refresh(volumes, facts, valuesOf({ a: "1" }));
  assert.deepEqual(await pod.mounts(container, volumes, { POD: "p1" }), [
    { source: `${directory}/settings`, target: "/etc/app", kind: "directory", readOnly: true },
    { source: `${directory}/settings/a`, target: "/etc/one", kind: "file", readOnly: true },
    { source: `${directory}/scratch/p1`, target: "/tmp/work", kind: "directory", readOnly: false },
    { source: "/host/data", target: "/data", kind: "directory", readOnly: true },
  ]);
});

test("hostPath types are checked or made", async () => {
  const files = createMemoryFiles();
  files.write("/host/file", "x");
  const refresh = async (path: string, type: string): Promise<readonly string[]> => {
    const pod = new PodVolumes("/pods/u", files);
    const found = await pod.refresh([{ name: "h", hostPath: { path, type } }], facts, valuesOf({}));
    return found.map(({ message }) => message);
  };
  assert.deepEqual(await refresh("/host/file", "Directory"), [
    "hostPath /host/file is not a directory",
  ]);
  assert.deepEqual(await refresh("/host/none", "Directory"), [
    "hostPath /host/none does not exist",
  ]);
  assert.deepEqual(await refresh("/host/made", "DirectoryOrCreate"), []);
  assert.equal((await files.status("/host/made"))?.kind, "directory");
});

test("what an earlier run wrote is left alone, and goes when it is not wanted any more", async () => {
  const files = createMemoryFiles();
  const volumes: readonly Volume[] = [
    {
      name: "v",
      configMap: {
        name: "settings",
        items: [
          { key: "a", path: "deep/x" },
          { key: "b", path: "b" },
        ],
      },
    },
  ];
  await new PodVolumes(directory, files).refresh(volumes, facts, valuesOf({ a: "1", b: "2" }));
  const path = `${directory}/volumes/v/deep/x`;
  const before = await files.status(path);
  const fewer: readonly Volume[] = [
    { name: "v", configMap: { name: "settings", items: [{ key: "a", path: "deep/x" }] } },
  ];
  await new PodVolumes(directory, files).refresh(fewer, facts, valuesOf({ a: "1", b: "2" }));
  assert.equal((await files.status(path))?.identity, before?.identity);
  assert.equal(await text(files, `${directory}/volumes/v/b`), undefined);
});
