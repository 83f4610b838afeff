/**
 * Whether an Order is one that an approved request made. Whoever may write Orders could else have an issuer's account, and
 * its credentials for DNS, used for names that nobody approved.
 */

import { sameJson } from "#base/json.ts";
import type { AlternativeName } from "#crypto/x509/alternative-name.ts";
import { attributeTypes, valuesOf } from "#crypto/x509/subject-name.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { withDefaults } from "#kinds/cert-manager/issuer-reference.ts";
import type { Order } from "#kinds/cert-manager/order.ts";
import { isConditionTrue } from "#kinds/condition.ts";
import { type KubeObject, kindId } from "#kinds/object.ts";
import { textsOf } from "../../policies/differences.ts";
import { type RequestFacts, readRequest } from "../../policies/request-facts.ts";
import type { AcmeStore } from "../acme-deps.ts";

/** Undefined when it is; else what is missing or other than in the request. */
export async function whyNotOurs(
  store: Pick<AcmeStore, "get">,
  { metadata: { namespace, ownerReferences } }: KubeObject,
  { spec }: Order,
): Promise<string | undefined> {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner === undefined || kindId(owner.apiVersion, owner.kind) !== certificateRequestKind.id)
    return "it belongs to no CertificateRequest";
  const { name, uid } = owner;
  const request = await store.get({ kind: certificateRequestKind.id, namespace, name });
  if (request === undefined || request.metadata.uid !== uid)
    return "the CertificateRequest that it belongs to is not there";
  if (!isConditionTrue(request.status, "Approved") || isConditionTrue(request.status, "Denied"))
    return "the CertificateRequest that it belongs to is not approved";
  const facts = readRequest(request);
  if (!facts.ok) return facts.error;
  return asksForMore(spec, facts.value)
    ? "it is not what the CertificateRequest that it belongs to asks for"
    : undefined;
}

/** Fewer names than requested are the server's to refuse. */
function asksForMore(spec: Order["spec"], { spec: asked, signing }: RequestFacts): boolean {
  const { commonName = "", dnsNames = [], ipAddresses = [] } = spec;
  const requested = new Set([
    ...textsOf(signing.alternativeNames, "dns"),
    ...textsOf(signing.alternativeNames, "ip"),
    ...valuesOf(signing.name, attributeTypes.CN),
  ]);
  const addresses = ipAddresses.map((address): AlternativeName => ({ kind: "ip", address }));
  const ordered = [...dnsNames, ...textsOf(addresses, "ip"), commonName];
  return (
    spec.request !== asked.request ||
    !sameJson(withDefaults(spec.issuerRef), withDefaults(asked.issuerRef)) ||
    ordered.some((name) => name !== "" && !requested.has(name))
  );
}
