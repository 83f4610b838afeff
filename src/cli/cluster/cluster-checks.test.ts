/** What `sekisho preflight cluster` finds in the way. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { customResourceDefinition, definedKinds } from "#kinds/custom-resource-definition.ts";
import { checkCluster } from "./cluster-checks.ts";
import type { ClusterFacts } from "./cluster-facts.ts";
import type { Verdict } from "./verdict.ts";

const nothing = { items: [] };
const empty: ClusterFacts = {
  version: "v1.37.2",
  systemNamespace: "sekisho-system",
  classes: nothing,
  ingresses: nothing,
  webhooks: nothing,
  services: nothing,
  slices: nothing,
  leases: nothing,
  definitions: { items: definedKinds.map(customResourceDefinition) },
};

function found(facts: Partial<ClusterFacts>, about: string): readonly Verdict[] {
  return checkCluster({ ...empty, ...facts }).filter((verdict) => verdict.about === about);
}

function named(name: string, more: JsonObject = {}, namespace = "default"): JsonObject {
  return { metadata: { name, namespace }, ...more };
}

const classes = {
  items: [
    named("ours", { spec: { controller: "sekisho.dev/ingress" } }),
    named("theirs", { spec: { controller: "example.com/other" } }),
  ],
};

test("an empty cluster has nothing in the way", () => {
  assert.deepEqual(new Set(checkCluster(empty).map(({ level }) => level)), new Set(["ok"]));
});

test("an old version is named", () => {
  assert.deepEqual(
    found({ version: "v1.29.3" }, "version").map(({ level }) => level),
    ["warning"],
  );
});

test("Ingresses are counted by class, with whose they are; those that nobody claims are named", () => {
  const ingresses = {
    items: [
      named("a", { spec: { ingressClassName: "ours" } }),
      named("b", { spec: { ingressClassName: "theirs" } }),
      named("c", { spec: { ingressClassName: "nginx" } }),
      { metadata: { name: "d", annotations: { "kubernetes.io/ingress.class": "nginx" } } },
    ],
  };
  assert.match(found({ classes, ingresses }, "class ours")[0]?.text ?? "", /^1 Ingress, served/);
  assert.match(found({ classes, ingresses }, "class theirs")[0]?.text ?? "", /example\.com\/other/);
  const [unclaimed] = found({ classes, ingresses }, "class nginx");
  assert.deepEqual([unclaimed?.level, unclaimed?.text.startsWith("2 ")], ["warning", true]);
});

test("who else writes the status of an Ingress of ours is named", () => {
  const managedFields = [
    { manager: "sekisho", subresource: "status" },
    { manager: "nginx-ingress-controller", subresource: "status" },
    { manager: "kubectl" },
  ];
  const metadata = { name: "a", namespace: "default", managedFields };
  const ingresses = { items: [{ metadata, spec: { ingressClassName: "ours" } }] };
  const [verdict, ...others] = found({ classes, ingresses }, "statuses");
  assert.match(verdict?.text ?? "", /^nginx-ingress-controller has written the status of 1/);
  assert.deepEqual(others, []);
});

function hook(failurePolicy: string, resources: readonly string[]): JsonObject {
  return named("ingress-nginx-admission", {
    kind: "ValidatingWebhookConfiguration",
    webhooks: [
      {
        failurePolicy,
        rules: [{ resources }],
        clientConfig: { service: { namespace: "ingress-nginx", name: "admission" } },
      },
    ],
  });
}

test("a webhook about Ingresses whose Service is gone refuses them all: an error, with its name", () => {
  const [dead] = found({ webhooks: { items: [hook("Fail", ["ingresses"])] } }, "webhooks");
  assert.equal(dead?.level, "error");
  assert.match(
    dead?.advice ?? "",
    /kubectl delete validatingwebhookconfiguration ingress-nginx-admission$/,
  );
  const [lenient] = found({ webhooks: { items: [hook("Ignore", ["*"])] } }, "webhooks");
  assert.equal(lenient?.level, "warning");
});

test("a webhook that answers, or asks about other things, is in nobody's way", () => {
  const services = { items: [named("admission", {}, "ingress-nginx")] };
  const slices = {
    items: [
      {
        metadata: {
          namespace: "ingress-nginx",
          name: "s",
          labels: { "kubernetes.io/service-name": "admission" },
        },
        endpoints: [{ conditions: { ready: true } }],
      },
    ],
  };
  const webhooks = { items: [hook("Fail", ["ingresses"])] };
  assert.equal(found({ webhooks, services, slices }, "webhooks")[0]?.level, "ok");
  const others = { items: [hook("Fail", ["certificates"])] };
  assert.equal(found({ webhooks: others }, "webhooks")[0]?.level, "ok");
});

test("a load balancer without an address is named", () => {
  const services = {
    items: [named("sekisho", { spec: { type: "LoadBalancer" } }, "sekisho-system")],
  };
  const [verdict] = found({ services }, "load balancer");
  assert.match(verdict?.text ?? "", /sekisho-system\/sekisho$/);
});

test("what may not be read is said, and the rest is looked at", () => {
  const denied = { problem: "ingresses is forbidden" };
  const verdicts = checkCluster({ ...empty, ingresses: denied });
  assert.ok(verdicts.some(({ text }) => text.includes("ingresses is forbidden")));
  assert.ok(verdicts.some(({ about }) => about === "webhooks"));
});
