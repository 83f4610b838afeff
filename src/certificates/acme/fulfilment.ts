/** A certificate request fulfilled by an Order of its own: made once, and then looked at. */

import { parseCertificateChain } from "#crypto/x509/certificate-chain.ts";
import { parseCertificate } from "#crypto/x509/parsed-certificate.ts";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import type { IssuerReference } from "#kinds/cert-manager/issuer-reference.ts";
import { orderKind, readOrderStatus } from "#kinds/cert-manager/order.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import { StoreError } from "#store/object-store.ts";
import { readIssuer } from "./accounts/issuers.ts";
import type { AcmeDeps, AcmeStore } from "./acme-deps.ts";
import { certificateId } from "./client/certificate-id.ts";
import { orderDraft } from "./orders/order-object.ts";

/** What a request asks for, as its certificate signing request and its specification say. */
export interface RequestedNames {
  /** The request, PEM in base 64. */
  readonly request: string;
  readonly issuerRef: IssuerReference;
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly duration: string | undefined;
}

export type Fulfilment =
  /** PEM, leaf first. */
  | { readonly kind: "issued"; readonly certificate: string }
  | { readonly kind: "pending"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

/** Goes on with the Order of a request; makes it when there is none. */
export async function fulfil(
  { store }: Pick<AcmeDeps, "store">,
  { object, issuer }: { readonly object: KubeObject; readonly issuer: KubeObject },
  names: RequestedNames,
): Promise<Fulfilment> {
  const { commonName, dnsNames, ipAddresses } = names;
  if (commonName !== "" && ![...dnsNames, ...ipAddresses].includes(commonName)) {
    const message =
      "The CSR PEM requests a commonName that is not present in the list of dnsNames or ipAddresses. If a commonName is set, ACME requires that the value is also present in the list of dnsNames or ipAddresses";
    return { kind: "failed", message };
  }
  const order =
    (await orderOf(store, object)) ?? (await makeOrder(store, { object, issuer }, names));
  const { namespace, name } = order.metadata;
  const { state, reason = "", certificate = "" } = readOrderStatus(order);
  if (state === "valid" && certificate !== "")
    return { kind: "issued", certificate: Buffer.from(certificate, "base64").toString() };
  if (isFinalState(state)) {
    const message = `Failed to wait for order resource "${name}" to become ready: order is in "${state}" state: ${reason}`;
    return { kind: "failed", message };
  }
  const message = `Waiting on certificate issuance from order ${namespace}/${name}: "${state ?? ""}"`;
  return { kind: "pending", message: reason === "" ? message : `${message}: ${reason}` };
}

async function orderOf(store: AcmeStore, request: KubeObject): Promise<KubeObject | undefined> {
  const { items } = await store.list(orderKind.id, request.metadata.namespace);
  return items.find(({ metadata }) =>
    metadata.ownerReferences.some(({ uid }) => uid === request.metadata.uid),
  );
}

async function makeOrder(
  store: AcmeStore,
  { object, issuer }: { readonly object: KubeObject; readonly issuer: KubeObject },
  names: RequestedNames,
): Promise<KubeObject> {
  const { config } = readIssuer(issuer);
  const asksWhenToRenew = config?.renewalInformationSource !== "None";
  const replaces = asksWhenToRenew ? await replacedBy(store, object, names) : undefined;
  const draft = orderDraft(object, {
    request: names.request,
    issuerRef: names.issuerRef,
    commonName: names.commonName,
    dnsNames: names.dnsNames,
    ipAddresses: names.ipAddresses,
    ...(config?.profile === undefined ? {} : { profile: config.profile }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(config?.enableDurationFeature === true && names.duration !== undefined
      ? { duration: names.duration }
      : {}),
  });
  const made = await unlessThere(store.create(draft));
  if (made !== undefined) return made;
  const { namespace, name } = draft.metadata;
  const there = await store.get({ kind: orderKind.id, namespace, name });
  const isOurs = there?.metadata.ownerReferences.some(({ uid }) => uid === object.metadata.uid);
  if (there !== undefined && isOurs === true) return there;
  // One that a request of the same name left: it goes with its owner, and then ours can be made.
  throw new StoreError("conflict", `Order ${namespace}/${name} belongs to another request`);
}

async function unlessThere(creation: Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await creation;
  } catch (error) {
    if (error instanceof StoreError && error.code === "exists") return undefined;
    throw error;
  }
}

/**
 * The name of the certificate that the new one replaces, where the same issuer signed it and a name of it is in both: servers
 * refuse the order otherwise (RFC 9773 §5).
 */
async function replacedBy(
  store: AcmeStore,
  { metadata: { namespace, annotations } }: KubeObject,
  { issuerRef, dnsNames, ipAddresses }: RequestedNames,
): Promise<string | undefined> {
  const name = annotations["cert-manager.io/certificate-name"];
  if (name === undefined) return undefined;
  const certificate = await store.get({ kind: certificateKind.id, namespace, name });
  const spec =
    certificate === undefined ? undefined : read(certificateKind, certificate).value?.spec;
  if (spec === undefined) return undefined;
  const secret = await store.get({ kind: secretKind.id, namespace, name: spec.secretName });
  if (secret?.metadata.annotations["cert-manager.io/issuer-name"] !== issuerRef.name)
    return undefined;
  const value = read(secretKind, secret).value;
  const bytes = value === undefined ? undefined : secretValue(value, "tls.crt");
  const chain =
    bytes === undefined ? undefined : parseCertificateChain(Buffer.from(bytes).toString());
  const leaf = chain?.ok ? parseCertificate(chain.value.leaf) : undefined;
  if (!leaf?.ok) return undefined;
  const isShared = leaf.value.alternativeNames.some(
    (one) =>
      (one.kind === "dns" && dnsNames.includes(one.name)) ||
      (one.kind === "ip" && ipAddresses.includes(one.address)),
  );
  return isShared ? certificateId(leaf.value.der) : undefined;
}
