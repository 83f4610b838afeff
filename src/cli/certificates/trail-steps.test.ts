import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { keyOf } from "#kinds/object.ts";
import type { EmbeddedStore } from "#store/embedded/embedded-store.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { readTrail } from "./certificate-trail.ts";
import { adviceFor } from "./problem-advice.ts";
import { nextAction, trailSteps } from "./trail-steps.ts";

const namespace = "shop";

interface Made {
  readonly kind: string;
  readonly name: string;
  readonly spec: JsonObject;
  readonly status?: JsonObject;
  readonly owner?: KubeObject;
  readonly annotations?: Readonly<Record<string, string>>;
}

async function make(store: EmbeddedStore, made: Made): Promise<KubeObject> {
  const { kind, name, spec, status, owner, annotations = {} } = made;
  const isAcme = kind === "Order" || kind === "Challenge";
  const object = await store.create({
    apiVersion: isAcme ? "acme.cert-manager.io/v1" : "cert-manager.io/v1",
    kind,
    metadata: {
      ...{ name, annotations },
      namespace: kind === "ClusterIssuer" ? "" : namespace,
      ownerReferences:
        owner === undefined
          ? []
          : [
              {
                ...{ apiVersion: owner.apiVersion, kind: owner.kind },
                ...{ name: owner.metadata.name, uid: owner.metadata.uid, controller: true },
              },
            ],
    },
    body: { spec },
  });
  return status === undefined ? object : await store.replaceStatus(keyOf(object), status);
}

const condition = (type: string, status: string, reason: string, message = ""): JsonObject => ({
  ...{ type, status, reason, message },
});

const issuerRef = { name: "prod", kind: "ClusterIssuer" };

async function certificate(store: EmbeddedStore, ...conditions: JsonObject[]): Promise<KubeObject> {
  return await make(store, {
    ...{ kind: "Certificate", name: "web" },
    spec: { secretName: "web-tls", issuerRef, dnsNames: ["www.example.com"] },
    status: { conditions },
  });
}

async function ready(store: EmbeddedStore): Promise<void> {
  await make(store, {
    ...{ kind: "ClusterIssuer", name: "prod" },
    spec: { selfSigned: {} },
    status: { conditions: [condition("Ready", "True", "IsReady", "it can sign")] },
  });
}

async function request(
  store: EmbeddedStore,
  owner: KubeObject,
  revision: number,
  ...conditions: JsonObject[]
): Promise<KubeObject> {
  return await make(store, {
    ...{ kind: "CertificateRequest", name: `web-${revision}`, owner },
    annotations: { "cert-manager.io/certificate-revision": `${revision}` },
    spec: { request: "", issuerRef },
    status: { conditions },
  });
}

async function told(store: EmbeddedStore): Promise<readonly string[]> {
  const trail = await readTrail(store, namespace, "web");
  assert.ok(trail);
  const steps = trailSteps(trail);
  return [...steps.map(({ step, text }) => `${step}: ${text}`), `next: ${nextAction(steps) ?? ""}`];
}

const issuing = condition("Issuing", "True", "DoesNotExist", "the Secret is not there");

test("what has not begun says that nobody looks at it", async (context: TestContext) => {
  const store = await temporaryStore(context);
  await certificate(store);
  assert.deepEqual(await told(store), [
    "certificate: web: nobody has looked at it yet",
    "secret: web-tls: not there yet",
    "issuer: ClusterIssuer prod: not there",
    "next: create ClusterIssuer prod, or correct issuerRef",
  ]);
});

test("a request that waits for approval says how to approve it, and only the latest counts", async (context) => {
  const store = await temporaryStore(context);
  await ready(store);
  const owner = await certificate(store, issuing);
  await request(store, owner, 9, condition("Approved", "True", "cert-manager.io"));
  await request(store, owner, 10);
  assert.deepEqual((await told(store)).slice(-2), [
    "request: web-10: nobody has looked at it yet",
    "next: approve it: sekisho cert approve web-10 -n shop",
  ]);
});

test("the challenge that waits says which record to create", async (context) => {
  const store = await temporaryStore(context);
  await ready(store);
  const owner = await certificate(store, issuing);
  const asked = await request(store, owner, 1, condition("Approved", "True", "cert-manager.io"));
  const order = await make(store, {
    ...{ kind: "Order", name: "web-1-1", owner: asked },
    spec: { request: "", issuerRef },
    status: { state: "pending" },
  });
  const urls = { url: "https://ca/1", authorizationURL: "https://ca/2" };
  await make(store, {
    ...{ kind: "Challenge", name: "web-1-1-1", owner: order },
    spec: {
      ...urls,
      ...{
        dnsName: "www.example.com",
        type: "DNS-01",
        token: "t",
        key: "k",
        solver: {},
        issuerRef,
      },
    },
    status: {
      state: "pending",
      reason:
        'Waiting for DNS-01 challenge propagation: ns1 has no record _acme-challenge.www.example.com TXT "k" yet',
    },
  });
  const said = await told(store);
  assert.match(said.at(-2) ?? "", /^challenge: DNS-01 for www\.example\.com: pending, Waiting/);
  assert.match(said.at(-1) ?? "", /^next: .*create this record/);
});

const problems: Readonly<Record<string, readonly [text: string, type: string, advice: RegExp]>> = {
  "a limit": ["429 rateLimited: too many certificates", "", /wait until/],
  "a name that is not signed": ["rejectedIdentifier: policy forbids", "", /does not sign www/],
  CAA: ["CAA record for www prevents issuance", "HTTP-01", /CAA records of www/],
  "a closed port": ["connection: Connection refused", "HTTP-01", /port 80 of www/],
  "another server": [
    "unauthorized: Invalid response from http://www",
    "HTTP-01",
    /curl -i http:\/\/www/,
  ],
  "a record that is missing": [
    "unauthorized: No TXT record found",
    "DNS-01",
    /dig TXT _acme-challenge\.www/,
  ],
  "a Secret": [
    "Secret cert-manager/x is not there or has no token",
    "DNS-01",
    /create that Secret/,
  ],
  "a token": ["Cloudflare: Invalid request headers (6003)", "DNS-01", /credentials/],
};

for (const [what, [text, type, expected]] of Object.entries(problems)) {
  test(`what to do is known of ${what}`, () => {
    assert.match(adviceFor(text, { dnsName: "www", type }) ?? "", expected);
  });
}

test("when the authority wants it renewed is said, with the page that says why", async (context) => {
  const store = await temporaryStore(context);
  const suggestedWindow = { start: "2026-03-01T00:00:00Z", end: "2026-03-02T00:00:00Z" };
  const explanationURL = "https://ca.example/why";
  await make(store, {
    ...{ kind: "Certificate", name: "web" },
    spec: { secretName: "web-tls", issuerRef, dnsNames: ["www.example.com"] },
    status: { acme: { ari: { suggestedWindow, explanationURL, lastError: "not reached" } } },
  });
  assert.equal(
    (await told(store))[1],
    "renewal: the ACME server suggests 2026-03-01T00:00:00Z to 2026-03-02T00:00:00Z; see https://ca.example/why; it could not be asked: not reached",
  );
});
