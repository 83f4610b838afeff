/** Says in what an answer differs from the one that the judge demands. */

import { X509Certificate } from "node:crypto";
import type { Endpoint } from "#test/simulators/ingress/backends.ts";
import type { World } from "#test/simulators/ingress/manifest.ts";
import { find } from "#test/simulators/ingress/manifest.ts";
import { normalizePath } from "#test/simulators/ingress/request-path.ts";
import type { Answer, Outcome } from "#test/simulators/ingress.ts";
import type { Echo } from "./echo-pods.ts";
import type { PodPool } from "./pool.ts";
import { addressesOf } from "./pool.ts";
import type { Observed } from "./send.ts";

/** The difference in a sentence; undefined when there is none. */
export function differenceBetween(
  expected: Answer,
  observed: Observed,
  { world, pool }: { readonly world: World; readonly pool: PodPool },
  path: string,
): string | undefined {
  const wanted = formatOutcome(expected.outcome);
  if (observed.kind === "refused" || expected.outcome.kind === "refused") {
    if (observed.kind === expected.outcome.kind) return undefined;
    return `wanted ${wanted}, got ${formatObserved(observed)}`;
  }
  if (!isWanted(expected.outcome, observed, { path, pool })) {
    return `wanted ${wanted}, got ${formatObserved(observed)}`;
  }
  const shown = observed.certificate?.toString("base64");
  const owed = certificateOf(world, expected.certificate);
  return shown === owed ? undefined : `wanted the certificate of ${expected.certificate}`;
}

function isWanted(
  outcome: Exclude<Outcome, { readonly kind: "refused" }>,
  observed: Extract<Observed, { readonly kind: "response" }>,
  { path, pool }: { readonly path: string; readonly pool: PodPool },
): boolean {
  switch (outcome.kind) {
    case "backend":
      return isEcho(observed, path, outcome.endpoints);
    case "external": {
      const { name, port } = outcome;
      const addresses = addressesOf(pool, name);
      // A name that leads nowhere, or a port on which nobody listens there.
      if (addresses.length === 0 || !pool.ports.includes(port)) return observed.status === 503;
      const endpoints = addresses.map((address) => ({ address, port }));
      return isEcho(observed, path, endpoints);
    }
    case "status":
      // 404 has no body; what Envoy says of a missing endpoint is its own.
      return observed.status === outcome.status && (outcome.status !== 404 || observed.body === "");
  }
}

function isEcho(
  observed: Extract<Observed, { readonly kind: "response" }>,
  path: string,
  endpoints: readonly Endpoint[],
): boolean {
  const echo = echoOf(observed);
  const query = path.includes("?") ? path.slice(path.indexOf("?")) : "";
  return (
    echo !== undefined &&
    echo.path === normalizePath(path) + query &&
    endpoints.some(({ address, port }) => address === echo.address && port === echo.port)
  );
}

/** What an echo pod said; undefined when nobody but the gate answered. */
export function echoOf(
  observed: Extract<Observed, { readonly kind: "response" }>,
): Echo | undefined {
  return observed.status === 200 && observed.body.startsWith("{")
    ? (JSON.parse(observed.body) as Echo)
    : undefined;
}

/** The certificate in a Secret (`namespace/name`) as base64 of its DER. */
export function certificateOf(world: World, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const [namespace = "", secretName = ""] = name.split("/");
  const pem = find(world, "Secret", namespace, secretName)?.data["tls.crt"] ?? "";
  return new X509Certificate(Buffer.from(pem, "base64")).raw.toString("base64");
}

function formatOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case "backend": {
      const list = outcome.endpoints.map(({ address, port }) => `${address}:${port}`);
      return `${outcome.namespace}/${outcome.service}:${outcome.port} (${list.join(", ")})`;
    }
    case "external":
      return `${outcome.name}:${outcome.port}`;
    case "status":
      return `${outcome.status}`;
    case "refused":
      return "a refused handshake";
  }
}

function formatObserved(observed: Observed): string {
  if (observed.kind === "refused") return "a refused handshake";
  const echo = echoOf(observed);
  if (echo !== undefined) return `${echo.address}:${echo.port} with path ${echo.path}`;
  return `${observed.status} ${JSON.stringify(observed.body.slice(0, 80))}`;
}
