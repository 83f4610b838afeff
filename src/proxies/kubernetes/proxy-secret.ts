/** The Secret that proxies mount: a leaf, its key, and the bundle that was current when both were written. */

import { isDeepStrictEqual } from "node:util";
import { parseSigningKey } from "#crypto/keys/signing-key.ts";
import { type ParsedCertificate, parseCertificate } from "#crypto/x509/parsed-certificate.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { readSecret, type StoredSecret, secretKey, writeSecret } from "../stored-secret.ts";
import { renewalTime } from "./root-rotation.ts";
import { formatBundle, type XdsAuthority } from "./xds-authority.ts";
import { issueLeaf } from "./xds-certificates.ts";
import { alternativeNames } from "./xds-peers.ts";

/** The name of the Secret; its keys are those of type kubernetes.io/tls, and `ca.crt`. */
export const proxySecretName = "sekisho-xds-proxy";

export interface ProxyLeaf {
  readonly renewAt: Temporal.Instant;
  /** The serial number of a leaf that was issued just now. */
  readonly issued: string | undefined;
}

/**
 * Sees to it that proxies find a leaf of the root that signs, not due for renewal, and the bundle. All three values are
 * written together, on which the rotation of roots relies. Throws StoreError.
 */
export async function refreshProxySecret(
  store: ObjectStore,
  namespace: string,
  authority: XdsAuthority,
  now: Temporal.Instant,
): Promise<ProxyLeaf> {
  const key = secretKey(namespace, proxySecretName);
  const stored = await readSecret(store, key);
  const renewAt = stored === undefined ? undefined : currentUntil(stored, authority, namespace);
  if (renewAt !== undefined && Temporal.Instant.compare(now, renewAt) < 0)
    return { renewAt, issued: undefined };
  const leaf = issueLeaf(authority.signing, now, { namespace, role: "proxy" });
  await writeSecret(store, {
    key,
    type: "kubernetes.io/tls",
    values: {
      "tls.crt": leaf.certificate.pem,
      "tls.key": leaf.privateKey.reveal(),
      "ca.crt": formatBundle(authority),
    },
    replaces: stored,
  });
  return { renewAt: renewalTime(leaf.certificate), issued: leaf.certificate.serialNumber };
}

/** Until when it can stay as it is; undefined when it must not. */
function currentUntil(
  { value }: StoredSecret,
  authority: XdsAuthority,
  namespace: string,
): Temporal.Instant | undefined {
  const bundle = Buffer.from(value("ca.crt") ?? []).toString("utf8");
  const leaf = readLeaf(value);
  if (leaf === undefined || bundle !== formatBundle(authority)) return undefined;
  const isOurs =
    leaf.isSignedBy(authority.signing.certificate) &&
    isDeepStrictEqual(leaf.alternativeNames, alternativeNames(namespace, "proxy"));
  return isOurs ? renewalTime(leaf) : undefined;
}

/** Undefined when it is damaged or has no key: a new pair takes its place. */
function readLeaf(value: StoredSecret["value"]): ParsedCertificate | undefined {
  const leaf = parseCertificate(value("tls.crt") ?? new Uint8Array());
  const key = parseSigningKey(value("tls.key") ?? new Uint8Array());
  return leaf.ok && key.ok && leaf.value.belongsTo(key.value) ? leaf.value : undefined;
}
