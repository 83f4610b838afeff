/** What cert-manager leaves of ACME: the account of a ClusterIssuer, and an Order that is still open, with its Challenge. */

import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { approvedRequest, requestText } from "#test/fakes/certificates/approved-request.ts";
import type { CertManagerVersion } from "#test/simulators/cert-manager/triggers.ts";

const namespace = "shop";
const issuerKey = { kind: "ClusterIssuer.cert-manager.io", namespace: "", name: "prod" };
const issuerRef = { name: "prod", kind: "ClusterIssuer" };

export interface LeftAccount {
  readonly issuer: KubeObject;
  readonly secret: KubeObject;
  readonly key: KeyObject;
}

/** The issuer is ready; 1.21 also keeps by which key. */
export async function leaveAccount(
  store: ObjectStore,
  version: CertManagerVersion,
  { directory, enrol }: { readonly directory: string; readonly enrol: (key: KeyObject) => string },
): Promise<LeftAccount> {
  const { privateKey: key } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = key.export({ type: "pkcs1", format: "pem" });
  const labels = version === "1.9" ? {} : { "app.kubernetes.io/managed-by": "cert-manager" };
  const secret = await store.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "account-key", namespace: "cert-manager", labels },
    body: { type: "Opaque", data: { "tls.key": Buffer.from(pem).toString("base64") } },
  });
  const email = "someone@example.com";
  const acme = {
    ...{ server: directory, email, privateKeySecretRef: { name: "account-key" } },
    solvers: [{ http01: { ingress: { class: "nginx" } } }],
  };
  await store.create({
    ...{ apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer" },
    ...{ metadata: { name: "prod", namespace: "" }, body: { spec: { acme } } },
  });
  const hash = createHash("sha256").update(key.export({ type: "pkcs1", format: "der" }));
  const lastPrivateKeyHash = version === "1.9" ? {} : { lastPrivateKeyHash: hash.digest("base64") };
  const condition = {
    ...{ type: "Ready", status: "True", reason: "ACMEAccountRegistered", observedGeneration: 1 },
    message: "The ACME account was registered with the ACME server",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  const issuer = await store.replaceStatus(issuerKey, {
    acme: { uri: enrol(key), lastRegisteredEmail: email, ...lastPrivateKeyHash },
    conditions: [condition],
  });
  return { issuer, secret, key };
}

/** Where it left off: the order's authorization is not read yet, or its Challenge waits to be judged. */
export type LeftAt = "placed" | "presented";

/** The request, and the Order that it is fulfilled by. `number` is that of the order at the server. */
export async function leaveOrder(
  store: ObjectStore,
  version: CertManagerVersion,
  {
    origin,
    number,
    key,
    at,
  }: {
    readonly origin: string;
    readonly number: number;
    readonly key: KeyObject;
    readonly at: LeftAt;
  },
): Promise<KubeObject> {
  const dnsNames = ["a.example.com"];
  const asked = { request: requestText(dnsNames), issuerRef };
  const name = version === "1.9" ? "web-x7k2p" : "web-1";
  const request = await approvedRequest(store, { namespace, name }, asked);
  const owner = { ...ownerOf(request) };
  const orderName = `${request.metadata.name}-2958319468`;
  await store.create({
    ...{ apiVersion: "acme.cert-manager.io/v1", kind: "Order" },
    metadata: { name: orderName, namespace, ownerReferences: [owner] },
    body: { spec: { ...asked, dnsNames } },
  });
  const authorizationUrl = `${origin}/authorization/${number}`;
  const challenge = { url: `${origin}/challenge/${number}`, token: `token-${number}` };
  const known = {
    ...{ identifier: "a.example.com", wildcard: false, initialState: "pending" },
    challenges: [{ ...challenge, type: "http-01" }],
  };
  const order = await store.replaceStatus(
    { kind: "Order.acme.cert-manager.io", namespace, name: orderName },
    {
      ...{ url: `${origin}/order/${number}`, finalizeURL: `${origin}/finalize/${number}` },
      authorizations: [{ url: authorizationUrl, ...(at === "placed" ? {} : known) }],
      state: "pending",
    },
  );
  if (at === "presented")
    await leaveChallenge(store, version, { order, key, challenge, authorizationUrl });
  return request;
}

/** Its solver is as it was defaulted into the Order's time; the pod and the Service behind it are not ours to look at. */
async function leaveChallenge(
  store: ObjectStore,
  version: CertManagerVersion,
  {
    order,
    key,
    challenge,
    authorizationUrl,
  }: {
    readonly order: KubeObject;
    readonly key: KeyObject;
    readonly challenge: { readonly url: string; readonly token: string };
    readonly authorizationUrl: string;
  },
): Promise<void> {
  const name = `${order.metadata.name}-1720945362`;
  const finalizer =
    version === "1.9" ? "finalizer.acme.cert-manager.io" : "acme.cert-manager.io/finalizer";
  await store.create({
    apiVersion: "acme.cert-manager.io/v1",
    kind: "Challenge",
    metadata: { name, namespace, finalizers: [finalizer], ownerReferences: [ownerOf(order)] },
    body: {
      spec: {
        ...{ ...challenge, authorizationURL: authorizationUrl, type: "HTTP-01", issuerRef },
        ...{ dnsName: "a.example.com", wildcard: false },
        key: `${challenge.token}.${thumbprintOf(key)}`,
        solver: { http01: { ingress: { class: "nginx" } } },
      },
    },
  });
  const reason = `Waiting for HTTP-01 challenge propagation: failed to perform self check GET request`;
  const since = version === "1.9" ? {} : { presentedAt: "2026-01-01T00:00:00Z" };
  await store.replaceStatus(
    { kind: "Challenge.acme.cert-manager.io", namespace, name },
    { presented: true, processing: true, state: "pending", reason, ...since },
  );
}

function ownerOf({ apiVersion, kind, metadata: { name, uid } }: KubeObject): {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: true;
} {
  return { apiVersion, kind, name, uid, controller: true };
}

/** RFC 7638, of an RSA key. */
function thumbprintOf(key: KeyObject): string {
  const { e = "", n = "" } = createPublicKey(key).export({ format: "jwk" }) as JsonObject;
  const text = JSON.stringify({ e, kty: "RSA", n });
  return createHash("sha256").update(text).digest("base64url");
}
