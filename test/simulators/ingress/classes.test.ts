/** Which Ingresses are served. */

import { describe } from "node:test";
import { type ClassSettings, standaloneClasses } from "./classes.ts";
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
  const ours = ingressClass("ours", standaloneClasses.controller);
  const foreign = ingressClass("foreign", "example.com/x");
  const cluster: ClassSettings = {
    ...standaloneClasses,
    servedClasses: ["legacy"],
    classlessServed: false,
  };
  const served = (
    settings: ClassSettings,
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
    "a class of another": () => [served(standaloneClasses, { field: "foreign" }, foreign), "no"],
    "the field wins over the annotation": () => [
      served(standaloneClasses, { field: "foreign", annotation: "ours" }, ours, foreign),
      "no",
    ],
    "an undeclared class, alone": () => [served(standaloneClasses, { field: "ghost" }), "yes"],
    "an undeclared class in a cluster": () => [served(cluster, { field: "ghost" }), "no"],
    "an undeclared class of the list": () => [served(cluster, { field: "legacy" }), "yes"],
    "no class, alone": () => [served(standaloneClasses, {}), "yes"],
    "no class in a cluster": () => [served(cluster, {}, ours), "no"],
    "no class where ours is the default": () => [
      served(cluster, {}, ingressClass("ours", standaloneClasses.controller, true)),
      "yes",
    ],
    "no class where another's is the default": () => [
      served(cluster, {}, ours, ingressClass("foreign", "example.com/x", true)),
      "no",
    ],
  });
});
