/** Which pods answer for a backend reference. */

import { describe } from "node:test";
import { judgeIngress } from "../ingress.ts";
import type { IngressBackend, Manifest, World } from "./manifest.ts";
import type { Pod } from "./small-world.ts";
import { http, ingress, service, table, to, told } from "./small-world.ts";

describe("backends", () => {
  const world = (backend: IngressBackend, ...more: readonly Manifest[]): World => [
    ingress("a", { defaultBackend: backend }),
    ...more,
  ];
  const of = (backend: IngressBackend, ...more: readonly Manifest[]): string => {
    const { outcome } = judgeIngress(world(backend, ...more), http("h", "/"));
    if (outcome.kind === "backend") {
      return outcome.endpoints.map(({ address, port }) => `${address}:${port}`).join(" ");
    }
    return told({ outcome }).replace(" by nobody", "");
  };
  const tea = (...pods: readonly Pod[]): readonly Manifest[] => service("tea", pods);
  table({
    "a port by number leads to the pods' port of that name": () => [
      of(to("tea"), ...tea({ address: "10.0.0.1" }, { address: "10.0.0.2" })),
      "10.0.0.1:18080 10.0.0.2:18080",
    ],
    "a port by name": () => [
      of(to("tea", { name: "admin" }), ...tea({ address: "10.0.0.1" })),
      "10.0.0.1:19000",
    ],
    "a port number the Service lacks": () => [
      of(to("tea", { number: 1 }), ...tea({ address: "10.0.0.1" })),
      "503",
    ],
    "a port name the Service lacks": () => [
      of(to("tea", { name: "x" }), ...tea({ address: "10.0.0.1" })),
      "503",
    ],
    "only ready pods": () => [
      of(
        to("tea"),
        ...tea(
          { address: "10.0.0.1", conditions: { ready: false, serving: true } },
          { address: "10.0.0.2", conditions: {} },
        ),
      ),
      "10.0.0.2:18080",
    ],
    "no ready pod": () => [
      of(to("tea"), ...tea({ address: "10.0.0.1", conditions: { ready: false, serving: true } })),
      "503",
    ],
    "no Service": () => [of(to("tea")), "503"],
    "a Service of that name in another namespace": () => [
      of(to("tea"), ...service("tea", [{ address: "10.0.0.1" }], "shop")),
      "503",
    ],
    "a resource": () => [of({ resource: { kind: "Bucket", name: "x" } }), "503"],
    "an ExternalName": () => [
      of(to("tea", { number: 8000 }), {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "tea" },
        spec: { type: "ExternalName", externalName: "tea.example.org" },
      }),
      "tea.example.org:8000",
    ],
  });
});
