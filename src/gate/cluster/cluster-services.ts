/** What DNS providers ask of a cluster: webhooks behind its API server, and tokens of ServiceAccounts; {@link clusterServices}. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import { type ApiServices, DnsProviderError } from "#certificates/dns-providers/dns-provider.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { StoreError, type StoreErrorCode } from "#store/object-store.ts";

export interface ClusterServices {
  readonly apiServices: ApiServices;
  /** A token of a ServiceAccount for some audiences. Throws DnsProviderError. */
  readonly serviceAccountToken: (
    account: { readonly namespace: string; readonly name: string },
    audiences: readonly string[],
  ) => Promise<SecretBytes>;
}

/** Tokens are used at once: the shortest that an API server gives. */
const tokenSeconds = 600;

/** Over the connection that the gate has anyway, with its own rights. */
export function clusterServices(cluster: Pick<KubernetesStore, "call">): ClusterServices {
  return {
    apiServices: {
      post: async (group, path, body, signal) => {
        try {
          const answer = await cluster.call(
            { method: "POST", path: `/apis/${group}/${path}`, body },
            signal,
          );
          return { status: 200, body: answer };
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          return { status: statuses[error.code] ?? 503, body: { message: error.message } };
        }
      },
    },
    serviceAccountToken: async ({ namespace, name }, audiences) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`;
      const token = tokenIn(await ask(cluster, path, audiences));
      if (token !== undefined) return new SecretBytes(Buffer.from(token));
      throw new DnsProviderError("outage", "the API server gives no token");
    },
  };
}

async function ask(
  cluster: Pick<KubernetesStore, "call">,
  path: string,
  audiences: readonly string[],
): Promise<Json> {
  const spec = { audiences: [...audiences], expirationSeconds: tokenSeconds };
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  try {
    return await cluster.call({ method: "POST", path, body });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw noToken(error);
  }
}

function noToken(cause: StoreError): DnsProviderError {
  const code = cause.retryable ? "outage" : "credentials";
  return new DnsProviderError(code, cause.message, { cause });
}

/** What the webhook protocol makes of what the API server says. */
const statuses: Readonly<Partial<Record<StoreErrorCode, number>>> = {
  "not-found": 404,
  denied: 403,
  invalid: 400,
};

function tokenIn(answer: Json): string | undefined {
  const status = isJsonObject(answer) ? (answer as JsonObject)["status"] : undefined;
  const token = isJsonObject(status) ? (status as JsonObject)["token"] : undefined;
  return typeof token === "string" ? token : undefined;
}
