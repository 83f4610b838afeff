/** CertificateRequests as they are when an issuer is asked: there, approved, with a signing request of a new key. */

import type { JsonObject } from "#base/json.ts";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import { alternativeNamesExtension } from "#crypto/x509/extension-list.ts";
import { buildSigningRequest } from "#crypto/x509/signing-request.ts";
import { derSubject } from "#crypto/x509/subject-name.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";

/** A signing request for DNS names, PEM in base 64. */
export function requestText(dnsNames: readonly string[]): string {
  const names = dnsNames.map((name) => ({ kind: "dns", name }) as const);
  const pem = buildSigningRequest(
    { subject: derSubject([]), extensions: [alternativeNamesExtension(names, "empty")] },
    generateSigningKey(),
  );
  return Buffer.from(pem).toString("base64");
}

/** Creates one, and approves it. */
export async function approvedRequest(
  store: Pick<ObjectStore, "create" | "replaceStatus">,
  place: { readonly namespace: string; readonly name: string },
  spec: JsonObject,
): Promise<KubeObject> {
  await store.create({
    ...{ apiVersion: "cert-manager.io/v1", kind: "CertificateRequest" },
    ...{ metadata: place, body: { spec } },
  });
  const approved = { type: "Approved", status: "True", reason: "cert-manager.io", message: "" };
  const key = { kind: certificateRequestKind.id, ...place };
  return await store.replaceStatus(key, { conditions: [approved] });
}
