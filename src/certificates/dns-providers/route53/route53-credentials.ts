/** With which credentials a solver asks Route 53, kept while they hold. */

import type { SecretBytes } from "#base/secret-bytes.ts";
import { sha256 } from "#base/sha256.ts";
import type { Route53Provider } from "#kinds/cert-manager/dns01-provider.ts";
import {
  type AwsIdentity,
  type CredentialProvider,
  createCredentials,
} from "../../aws/credentials.ts";
import { DnsProviderError, type ProviderContext } from "../dns-provider.ts";
import type { Route53Access } from "./route53-api.ts";

const mostKept = 1000;

/** Whom a token of Kubernetes for AWS is for. */
const audience = "sts.amazonaws.com";

export class CredentialCache {
  readonly #kept = new Map<string, CredentialProvider>();

  /** Throws DnsProviderError `credentials`. */
  async of(context: ProviderContext, config: Route53Provider): Promise<Route53Access> {
    const { region: wanted = "", role = "" } = config;
    const region = wanted === "" ? (context.variables["AWS_REGION"] ?? "us-east-1") : wanted;
    if (!/^[a-z0-9-]{1,40}$/.test(region))
      throw new DnsProviderError("refused", "region is no name of a region of AWS");
    const identity = await identityOf(context, config);
    // A token is for the role itself.
    const assumed = identity.kind === "token" || role === "" ? {} : { role };
    const key = JSON.stringify([
      context.credentialsNamespace,
      region,
      assumed,
      fingerprint(config, identity),
    ]);
    const kept = this.#kept.get(key);
    const credentials = kept ?? createCredentials(context, { identity, region, ...assumed });
    this.#kept.set(key, credentials);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
    return {
      ...{ region, credentials: guarded(credentials) },
      forget: () => void this.#kept.delete(key),
    };
  }
}

/** The SDK takes what it signs with, and nothing besides. */
function guarded(credentials: CredentialProvider): CredentialProvider {
  return async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
  };
}

function fingerprint({ auth }: Route53Provider, identity: AwsIdentity): readonly unknown[] {
  switch (identity.kind) {
    case "access-key":
      return [identity.id, sha256(identity.secret.reveal())];
    case "process":
      return [];
    case "token":
      return [identity.role, auth];
  }
}

async function identityOf(context: ProviderContext, config: Route53Provider): Promise<AwsIdentity> {
  const { auth, role = "" } = config;
  if (auth !== undefined) return ofServiceAccount(context, auth, role);
  const { accessKeyID = "", accessKeyIDSecretRef, secretAccessKeySecretRef: secretRef } = config;
  const isGiven = accessKeyID !== "" || isNamed(accessKeyIDSecretRef) || isNamed(secretRef);
  if (!isGiven) {
    if (context.ambient !== undefined) return { kind: "process" };
    const message =
      "an Issuer may not use what this process is let into AWS by: give it an access key, or make it a ClusterIssuer";
    throw new DnsProviderError("credentials", message);
  }
  if (secretRef === undefined || !isNamed(secretRef))
    throw new DnsProviderError("credentials", "an access key needs its secretAccessKeySecretRef");
  const id =
    accessKeyIDSecretRef === undefined || !isNamed(accessKeyIDSecretRef)
      ? accessKeyID
      : textOf(await context.secretOf(accessKeyIDSecretRef));
  if (!/^\w{1,128}$/.test(id))
    throw new DnsProviderError("credentials", "the access key id is none of AWS");
  return { kind: "access-key", id, secret: await context.secretOf(secretRef) };
}

function ofServiceAccount(
  context: ProviderContext,
  { kubernetes: { serviceAccountRef } }: NonNullable<Route53Provider["auth"]>,
  role: string,
): AwsIdentity {
  const { name, audiences = [] } = serviceAccountRef;
  const { serviceAccountToken } = context;
  if (role === "")
    throw new DnsProviderError(
      "credentials",
      "auth.kubernetes needs the role that its token is for",
    );
  if (serviceAccountToken === undefined) {
    const message =
      "there is no API server that gives tokens of ServiceAccounts: use an access key";
    throw new DnsProviderError("credentials", message);
  }
  return {
    ...{ kind: "token", role },
    token: () => serviceAccountToken(name, [audience, ...audiences]),
  };
}

/** Clients in Go write a reference that is not there with empty fields. */
function isNamed(reference: { readonly name: string } | undefined): boolean {
  return reference !== undefined && reference.name !== "";
}

function textOf(secret: SecretBytes): string {
  return Buffer.from(secret.reveal()).toString("utf8").trim();
}
