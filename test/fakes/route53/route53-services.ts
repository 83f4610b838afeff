/** Route 53 for the contract of DNS providers, by each way to be let in. */

import { SecretBytes } from "#base/secret-bytes.ts";
import type { ProviderUnderTest } from "#certificates/dns-providers/contract.ts";
import type { Route53Provider } from "#kinds/cert-manager/dns01-provider.ts";
import { createClock } from "#runtime/real-clock.ts";
import type { KnownKey } from "../aws-signature.ts";
import { startSts } from "../aws-sts.ts";
import { providerContext } from "../dns/provider-context.ts";
import { TxtRecords } from "../dns/txt-records.ts";
import { hostedZoneId, startRoute53 } from "./fake-route53.ts";

export type Route53Identity = "an access key" | "a role" | "a ServiceAccount" | "a named zone";

const key: KnownKey = { id: "AKIAROUTES", secret: "route-53-secret/Q+1" };
const role = "arn:aws:iam::123456789012:role/dns";
const zone = "example.com";

const ofKey: Route53Provider = {
  ...{ region: "eu-central-1", accessKeyID: key.id },
  secretAccessKeySecretRef: { name: "aws", key: "secret" },
};

const configs: Readonly<Record<Route53Identity, Route53Provider>> = {
  "a ServiceAccount": { role, auth: { kubernetes: { serviceAccountRef: { name: "dns" } } } },
  "a named zone": { ...ofKey, hostedZoneID: hostedZoneId(zone) },
  "a role": { ...ofKey, role },
  "an access key": ofKey,
};

/** Starts it for one contract test. */
export function route53Service(identity: Route53Identity): () => Promise<ProviderUnderTest> {
  return async () => {
    const records = new TxtRecords();
    const byRole = identity === "a role" || identity === "a ServiceAccount";
    const keys: KnownKey[] = byRole ? [] : [key];
    const sts = await startSts({
      ...{ clock: createClock(), keys: [key], tokens: ["token of dns"], given: keys },
    });
    const api = await startRoute53({ zones: ["com", zone], privateZones: [zone], keys, records });
    const test = providerContext({
      secrets: { "aws/secret": `${key.secret}\n` },
      variables: { AWS_ENDPOINT_URL_ROUTE_53: api.url, AWS_ENDPOINT_URL_STS: sts.url },
      over: {
        serviceAccountToken: (name, audiences) => {
          const token = audiences.includes("sts.amazonaws.com") ? `token of ${name}` : "";
          return Promise.resolve(new SecretBytes(Buffer.from(token)));
        },
      },
    });
    return {
      zone,
      ...(identity === "a named zone" ? {} : { foreignZone: "example.org" }),
      ...{ solver: { route53: configs[identity] }, context: test.context, fail: api.fail },
      secrets: identity === "a ServiceAccount" ? [] : [key.secret],
      values: (name) => Promise.resolve(records.of(name)),
      setValues: (name, values) => records.set(name, values),
      [Symbol.asyncDispose]: async () => {
        test[Symbol.dispose]();
        await api[Symbol.asyncDispose]();
        await sts[Symbol.asyncDispose]();
      },
    };
  };
}
