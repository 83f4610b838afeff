/** Which certificate answers a TLS handshake. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Ingress, World } from "./manifest.ts";
import { find, namespaceOf } from "./manifest.ts";
import type { Place } from "./place.ts";
import { placeIn } from "./place.ts";

/** One line of `spec.tls`: a host pattern (`""`: every name, and no name) and its Secret. */
export interface CertificateChoice {
  /** `namespace/name`. Hosts of one Secret form one group. */
  readonly secret: string;
  readonly usable: boolean;
  readonly place: Place;
}

/**
 * The choice for a name (`""`: none was sent): its exact entry, else the wildcard with the longest suffix,
 * which here takes any number of labels as Envoy's server names do, else the entry for every name.
 * A missing Secret is still the choice: it refuses, and does not give way to a less specific one.
 */
export function chooseCertificate(
  ingresses: readonly Ingress[],
  world: World,
  name: string,
): CertificateChoice | undefined {
  for (const pattern of patternsFor(name)) {
    const entry = entryFor(ingresses, pattern);
    if (entry !== undefined) {
      const [namespace = "", secretName = ""] = entry.secret.split("/");
      return { ...entry, usable: isUsable(world, namespace, secretName) };
    }
  }
  return undefined;
}

/** The patterns that take a name, the most specific first. */
function patternsFor(name: string): ReadonlySet<string> {
  const labels = name === "" ? [] : name.split(".");
  const suffixes = labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join(".")}`);
  return new Set([name, ...suffixes, ""]);
}

/** Two Ingresses may name a Secret for one host: the first in the order of conflicts wins. */
function entryFor(
  ingresses: readonly Ingress[],
  pattern: string,
): { readonly secret: string; readonly place: Place } | undefined {
  for (const ingress of ingresses) {
    for (const [index, tls] of (ingress.spec.tls ?? []).entries()) {
      // Without a Secret an entry names no certificate: less specific ones decide.
      if (tls.secretName === undefined) continue;
      const hosts = tls.hosts ?? [];
      const forAll = hosts.length === 0;
      const named = (forAll ? [""] : hosts).indexOf(pattern);
      if (named < 0) continue;
      const secret = `${namespaceOf(ingress)}/${tls.secretName}`;
      const entry = `spec.tls[${index}]`;
      return { secret, place: placeIn(ingress, forAll ? entry : `${entry}.hosts[${named}]`) };
    }
  }
  return undefined;
}

/** A Secret with a certificate that can be read and the key that belongs to it. */
function isUsable(world: World, namespace: string, name: string): boolean {
  const secret = find(world, "Secret", namespace, name);
  const certificate = secret?.data["tls.crt"];
  const key = secret?.data["tls.key"];
  if (certificate === undefined || key === undefined) return false;
  try {
    const parsed = new X509Certificate(Buffer.from(certificate, "base64"));
    return parsed.checkPrivateKey(createPrivateKey(Buffer.from(key, "base64")));
  } catch {
    // Node says by exception that the bytes are no certificate or no key: a broken Secret.
    return false;
  }
}
