/** Which Ingresses are served. */

import { describe } from "node:test";
import { type JudgeSettings, standalone } from "../ingress.ts";
import type { Manifest } from "./manifest.ts";
import { ask, http, ingress, services, table, to } from "./small-world.ts";

describe("classes", () => {
  const ingressClass = (name: string, controller: string, isDefault = false): Manifest => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: {
      name,
      annotations: isDefault ? { "ingressclass.kubernetes.io/is-default-class": "true" } : {},
    },
    spec: { controller },
  });
  const ours = ingressClass("ours", standalone.controller);
  const foreign = ingressClass("foreign", "example.com/x");
  const cluster: JudgeSettings = {
    ...standalone,
    servedClasses: ["legacy"],
    classlessServed: false,
  };
  const served = (
    settings: JudgeSettings,
    { field, annotation }: { field?: string; annotation?: string },
    ...classes: readonly Manifest[]
  ): string => {
    const spec = {
      defaultBackend: to("s0"),
      ...(field !== undefined && { ingressClassName: field }),
    };
    const annotations = { "kubernetes.io/ingress.class": annotation ?? "" };
    const a = ingress("a", spec, annotation === undefined ? {} : { annotations });
    return ask([a, ...classes, ...services], http("h", "/"), settings).startsWith("404")
      ? "no"
      : "yes";
  };
  table({
    "a class of ours": () => [served(cluster, { field: "ours" }, ours), "yes"],
    "a class of ours by annotation": () => [served(cluster, { annotation: "ours" }, ours), "yes"],
    "a class of another": () => [served(standalone, { field: "foreign" }, foreign), "no"],
    "the field wins over the annotation": () => [
      served(standalone, { field: "foreign", annotation: "ours" }, ours, foreign),
      "no",
    ],
    "an undeclared class, alone": () => [served(standalone, { field: "ghost" }), "yes"],
    "an undeclared class in a cluster": () => [served(cluster, { field: "ghost" }), "no"],
    "an undeclared class of the list": () => [served(cluster, { field: "legacy" }), "yes"],
    "no class, alone": () => [served(standalone, {}), "yes"],
    "no class in a cluster": () => [served(cluster, {}, ours), "no"],
    "no class where ours is the default": () => [
      served(cluster, {}, ingressClass("ours", standalone.controller, true)),
      "yes",
    ],
    "no class where another's is the default": () => [
      served(cluster, {}, ours, ingressClass("foreign", "example.com/x", true)),
      "no",
    ],
  });
});
