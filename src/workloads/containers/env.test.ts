import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "#kinds/pod-template.ts";
import type { PodFacts } from "../pods/pod-facts.ts";
import { expand, resolveEnv, type Values } from "./env.ts";

const facts: PodFacts = {
  name: "api-1",
  namespace: "shop",
  uid: "u-1",
  labels: { app: "api" },
  annotations: { note: "hi" },
  serviceAccountName: "default",
  nodeName: "node",
  podIp: "127.9.0.1",
  hostIp: "127.0.0.1",
};

const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");
const values: Values = {
  configMap: (name) =>
    name === "settings"
      ? new Map([
          ["COLOR", bytes("red")],
          ["a=b", bytes("x")],
        ])
      : undefined,
  secret: (name) => (name === "tokens" ? new Map([["token", bytes("s3cret")]]) : undefined),
};

function resolve(container: Partial<Container>, base = {}): ReturnType<typeof resolveEnv> {
  return resolveEnv({ name: "c", image: "i", ...container }, base, facts, values);
}

test("references are replaced by what was defined before them, $$ is a dollar, unknown ones stay", () => {
  const env = { A: "1", B: "$(A)" };
  assert.equal(expand("$(A)-$(C)-$$(A)-$A", env), "1-$(C)-$(A)-$A");
  const { env: resolved } = resolve(
    {
      env: [
        { name: "EARLY", value: "$(LATE)" },
        { name: "LATE", value: "x" },
        { name: "AFTER", value: "$(LATE)$(POD_IP)" },
      ],
    },
    { POD_IP: "127.9.0.1" },
  );
  assert.deepEqual(resolved, {
    POD_IP: "127.9.0.1",
    EARLY: "$(LATE)",
    LATE: "x",
    AFTER: "x127.9.0.1",
  });
});

test("values come from fields, ConfigMaps and Secrets", () => {
  const { env, missing } = resolve({
    envFrom: [{ prefix: "P_", configMapRef: { name: "settings" } }],
    env: [
      { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "APP", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "COLOR", valueFrom: { configMapKeyRef: { name: "settings", key: "COLOR" } } },
      { name: "TOKEN", valueFrom: { secretKeyRef: { name: "tokens", key: "token" } } },
      { name: "MAYBE", valueFrom: { secretKeyRef: { name: "none", key: "k", optional: true } } },
    ],
  });
  assert.deepEqual(missing, []);
  assert.deepEqual(env, {
    P_COLOR: "red",
    POD: "api-1",
    APP: "api",
    IP: "127.9.0.1",
    COLOR: "red",
    TOKEN: "s3cret",
  });
});

test("what is missing is named with its place, unless it is optional", () => {
  const { missing } = resolve({
    envFrom: [{ secretRef: { name: "gone" } }, { configMapRef: { name: "gone", optional: true } }],
    env: [
      { name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "nope" } } },
      { name: "B", valueFrom: { fieldRef: { fieldPath: "status.nope" } } },
    ],
  });
  assert.deepEqual(missing, [
    { path: "envFrom[0].secretRef", message: 'secret "gone" not found' },
    { path: "env[0].valueFrom.configMapKeyRef", message: 'configMap "settings" has no key "nope"' },
    { path: "env[1].valueFrom.fieldRef", message: 'field "status.nope" cannot be read here' },
  ]);
});
