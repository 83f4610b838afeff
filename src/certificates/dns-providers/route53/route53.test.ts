import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Route53Provider } from "#kinds/cert-manager/dns01-provider.ts";
import { route53Service } from "#test/fakes/route53/route53-services.ts";
import type { ProviderUnderTest } from "../contract.ts";
import { DnsProviderError, type RecordWriter } from "../dns-provider.ts";
import { route53 } from "./route53.ts";

const record = {
  ...{ name: "_acme-challenge.www.example.com", value: "value-1", dnsName: "www.example.com" },
};
const { signal } = new AbortController();

async function start(context: TestContext): Promise<ProviderUnderTest> {
  const service = await route53Service("an access key")();
  context.after(() => service[Symbol.asyncDispose]());
  return service;
}

function open({ solver, context }: ProviderUnderTest, change: Route53Provider = {}): RecordWriter {
  const config = { ...solver.route53, ...change };
  const writer = route53.open({ route53: config }, context);
  assert.ok(writer);
  return writer;
}

test("a record counts as written once all name servers of AWS have it", async (context) => {
  const service = await start(context);
  const first = await open(service).present(record, signal);
  assert.deepEqual(first, {
    kind: "pending",
    message: "Route 53 brings the record to its name servers",
    retryAfter: Temporal.Duration.from({ seconds: 4 }),
  });
  assert.deepEqual(await open(service).present(record, signal), { kind: "done" });
});

/** Fields without effect, as clients in Go write them, are as if they were not there. */
const nobody: Route53Provider = {
  ...{ accessKeyID: "", accessKeyIDSecretRef: { name: "" } },
  secretAccessKeySecretRef: { name: "" },
};

const refused: Readonly<Record<string, readonly [Route53Provider, RegExp]>> = {
  "no access key, where the process' own credentials are not for it": [
    nobody,
    /give it an access key/,
  ],
  "an access key without its secret": [
    { secretAccessKeySecretRef: { name: "" } },
    /needs its secretAccessKeySecretRef/,
  ],
  "an access key id that is none": [{ accessKeyID: "AKIA\nX: 1" }, /is none of AWS/],
  "a ServiceAccount without a role": [
    { auth: { kubernetes: { serviceAccountRef: { name: "dns" } } } },
    /needs the role/,
  ],
  "a zone that would lead elsewhere": [{ hostedZoneID: "../.." }, /no identifier of a zone/],
  "a region that would lead elsewhere": [{ region: "evil.example.com/" }, /no name of a region/],
};

for (const [what, [config, message]] of Object.entries(refused)) {
  test(`${what} is refused before AWS is asked`, async (context) => {
    const service = await start(context);
    await assert.rejects(open(service, config).present(record, signal), (error) => {
      assert.ok(error instanceof DnsProviderError, String(error));
      assert.match(error.message, message);
      return !error.retryable;
    });
  });
}

test("where nobody gives tokens of ServiceAccounts that is said", async (context) => {
  const service = await start(context);
  const { serviceAccountToken: _, ...without } = service.context;
  const auth = { kubernetes: { serviceAccountRef: { name: "dns" } } };
  const config = { auth, role: "arn:aws:iam::123456789012:role/dns" };
  const writer = open({ ...service, context: without }, config);
  await assert.rejects(writer.present(record, signal), /no API server that gives tokens/);
});
