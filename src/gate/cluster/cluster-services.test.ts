import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import { type DnsProvider, DnsProviderError } from "#certificates/dns-providers/dns-provider.ts";
import { webhook } from "#certificates/dns-providers/webhook/webhook.ts";
import type { ApiRequest } from "#store/kubernetes/api-server.ts";
import { StoreError, type StoreErrorCode } from "#store/object-store.ts";
import { providerContext } from "#test/fakes/dns/provider-context.ts";
import { clusterServices } from "./cluster-services.ts";

const never = new AbortController().signal;
const record = { name: "_acme-challenge.www.example.com", value: "v", dnsName: "www.example.com" };

/** A cluster that gives one answer, or fails so. */
function cluster(answer: Json | StoreErrorCode): {
  readonly asked: ApiRequest[];
  readonly call: (request: ApiRequest) => Promise<Json>;
} {
  const asked: ApiRequest[] = [];
  const call = (request: ApiRequest): Promise<Json> => {
    asked.push(request);
    return typeof answer === "string"
      ? Promise.reject(new StoreError(answer as StoreErrorCode, `it is ${answer}`))
      : Promise.resolve(answer);
  };
  return { asked, call };
}

async function present(answer: Json | StoreErrorCode): Promise<readonly ApiRequest[]> {
  const { asked, call } = cluster(answer);
  using made = providerContext({ over: clusterServicesOf(call) });
  const solver = { webhook: { groupName: "acme.example.net", solverName: "books" } };
  const provider: DnsProvider = webhook;
  await provider.open(solver, made.context)?.present(record, never);
  return asked;
}

function clusterServicesOf(
  call: (request: ApiRequest) => Promise<Json>,
): Pick<ReturnType<typeof clusterServices>, "apiServices"> {
  const { apiServices } = clusterServices({ call });
  return { apiServices };
}

test("a webhook is asked through the API server, as cert-manager does it", async () => {
  const [asked] = await present({ response: { uid: "u", success: true } });
  assert.equal(`${asked?.method} ${asked?.path}`, "POST /apis/acme.example.net/v1alpha1/books");
  const { apiVersion, kind, request } = (asked?.body ?? {}) as Readonly<Record<string, unknown>>;
  assert.deepEqual(
    [apiVersion, kind],
    ["webhook.acme.cert-manager.io/v1alpha1", "ChallengePayload"],
  );
  const { uid, ...rest } = request as Readonly<Record<string, unknown>>;
  assert.match(String(uid), /^[0-9a-f-]{36}$/);
  assert.deepEqual(rest, {
    action: "Present",
    type: "dns-01",
    dnsName: "www.example.com",
    key: "v",
    resourceNamespace: "cert-manager",
    resolvedFQDN: "_acme-challenge.www.example.com.",
    resolvedZone: "example.com.",
    allowAmbientCredentials: false,
  });
});

const failures: Readonly<Record<string, readonly [Json | StoreErrorCode, string, RegExp]>> = {
  "nothing serves it": ["not-found", "refused", /nothing serves acme\.example\.net\/books/],
  "we may not ask": ["denied", "denied", /does not let us in/],
  "it is down": ["unavailable", "outage", /did not succeed: it is unavailable/],
  "it failed": [
    { response: { uid: "u", success: false, status: { message: "no\nsuch zone" } } },
    "outage",
    /did not succeed: no such zone$/,
  ],
};

for (const [what, [answer, code, said]] of Object.entries(failures)) {
  test(`what became of a webhook is told: ${what}`, async () => {
    await assert.rejects(
      present(answer),
      (error) =>
        error instanceof DnsProviderError && error.code === code && said.test(error.message),
    );
  });
}

test("names that would lead elsewhere in the API server are refused before it is asked", async () => {
  for (const [groupName, solverName] of [
    ...[["../../api/v1", "secrets"] as const, ["acme.example.net", "books/../../v1"] as const],
    ...[["acme.example.net", "books?x"] as const, ["", "books"] as const],
  ]) {
    const { asked, call } = cluster({});
    using made = providerContext({ over: clusterServicesOf(call) });
    const writer = webhook.open({ webhook: { groupName, solverName } }, made.context);
    await assert.rejects(async () => await writer?.present(record, never), DnsProviderError);
    assert.deepEqual(asked, []);
  }
});

test("a token is asked for the audiences, and said by nobody", async () => {
  const { asked, call } = cluster({ status: { token: "a.b.c" } });
  const account = { namespace: "cert-manager", name: "route53" };
  const token = await clusterServices({ call }).serviceAccountToken(account, ["sts.amazonaws.com"]);
  assert.equal(Buffer.from(token.reveal()).toString(), "a.b.c");
  assert.equal(`${token}`, "[redacted]");
  assert.equal(asked[0]?.path, "/api/v1/namespaces/cert-manager/serviceaccounts/route53/token");
});
