/** Hosts of rules and TLS entries: exact names, one-label wildcards, or every host. */

import { err, ok, type Result } from "#base/result.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { anyHost, type Host } from "#model/host.ts";
import { honoured } from "../../common/support.ts";

export const hostSupport = honoured(ingressKind.id, "spec.rules[].host");

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * A host as Ingress writes it (Kubernetes API reference, "IngressRule v1"): an RFC 1123 name in any case, or such a
 * name behind `*.`; absent or empty for every host. No port and no address.
 */
export function parseHost(text: string | undefined): Result<Host, string> {
  if (text === undefined || text === "") return ok(anyHost);
  const lower = text.toLowerCase();
  const isWildcard = lower.startsWith("*.");
  const name = isWildcard ? lower.slice(2) : lower;
  if (/^[0-9.]+$/.test(name) || name.includes(":")) {
    return err(`${text} must be a DNS name without port, not an address`);
  }
  if (name.length > 253 || !name.split(".").every((part) => label.test(part))) {
    return err(`${text} is not a DNS name (RFC 1123), optionally behind "*."`);
  }
  return ok(
    isWildcard ? { kind: "wildcard", suffix: name, labels: "one" } : { kind: "exact", name },
  );
}
