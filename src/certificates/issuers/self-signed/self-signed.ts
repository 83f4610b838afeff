/** Issuers whose certificates sign themselves, each by the key that it certifies. */

import { parsePrivateKey } from "#crypto/keys/private-key.ts";
import { keyIdentifier, publicKeyInfo } from "#crypto/keys/signing-key.ts";
import { formatPem } from "#crypto/pem.ts";
import { clusterIssuerKind, type Issuer, issuerKind } from "#kinds/cert-manager/issuer.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { requestAnnotations } from "../../annotations.ts";
import { valueOf } from "../../policies/stored-pair.ts";
import { signLeaf } from "../issued-leaf.ts";
import type { AskedSignature, IssuerBackend, IssuerDeps, SigningOutcome } from "../issuer.ts";

function specOf(issuer: KubeObject): Issuer["spec"]["selfSigned"] {
  return read(issuerKind, issuer).value?.spec.selfSigned;
}

/** An {@link IssuerBackend}. */
export function createSelfSigned(deps: Pick<IssuerDeps, "clock" | "store">): IssuerBackend {
  return {
    name: "self-signed",
    issuerKinds: [issuerKind, clusterIssuerKind],
    serves: (issuer) => specOf(issuer) !== undefined,
    verify: async () => ({ isReady: true, reason: "IsReady", message: "Ready to sign" }),
    sign: (asked) => sign(deps, asked),
  };
}

async function sign(
  { clock, store }: Pick<IssuerDeps, "clock" | "store">,
  { request, facts, issuer }: AskedSignature,
): Promise<SigningOutcome> {
  const { namespace, annotations } = request.metadata;
  const name = annotations[requestAnnotations.privateKeySecret] ?? "";
  if (name === "") {
    const message = `Annotation "${requestAnnotations.privateKeySecret}" is missing or empty: it names the Secret with the key that signs`;
    return { kind: "failed", message };
  }
  const asked = facts();
  if (!asked.ok) return { kind: "failed", message: asked.error };
  const secret = await store.get({ kind: secretKind.id, namespace, name });
  if (secret === undefined)
    return { kind: "pending", message: `Referenced secret ${namespace}/${name} not found` };
  const key = parsePrivateKey(valueOf(secret, "tls.key") ?? new Uint8Array());
  if (!key.ok)
    return { kind: "pending", message: `Referenced secret ${namespace}/${name} has ${key.error}` };
  const { signing, spec } = asked.value;
  if (Buffer.compare(publicKeyInfo(key.value), signing.publicKey) !== 0)
    return { kind: "failed", message: "The referenced private key is not that of the request" };
  const signer = {
    ...{ name: signing.subject, key: key.value },
    keyId: keyIdentifier(signing.publicKey),
  };
  const leaf = signLeaf({ spec, signing, now: clock.now() }, signer, specOf(issuer) ?? {});
  if (!leaf.ok) return { kind: "failed", message: leaf.error };
  const pem = formatPem("CERTIFICATE", leaf.value);
  return { kind: "issued", certificate: pem, authority: pem };
}
