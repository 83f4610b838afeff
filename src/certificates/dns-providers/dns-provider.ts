/** What writes the records of DNS-01 challenges, one plug-in a provider: {@link DnsProvider}. `contract.ts` holds each to it. */

import type { Json } from "#base/json.ts";
import type { SecretBytes } from "#base/secret-bytes.ts";
import type { Dns01Solver } from "#kinds/cert-manager/acme-solver.ts";
import type { SecretKeyRef } from "#kinds/cert-manager/secret-key-ref.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import type { DnsClient } from "../dns/dns-client.ts";
import type { OutboundDoor } from "../outbound/outbound-door.ts";

export interface DnsProvider {
  /** As its field in a solver: `cloudflare`. */
  readonly name: string;
  /** What writes records for a solver that names this provider; undefined for one that names another. */
  readonly open: (solver: Dns01Solver, context: ProviderContext) => RecordWriter | undefined;
}

/** One value of a TXT record. The values of others under the same name are left as they are. */
export interface ChallengeRecord {
  /** Where it stands, without a dot at its end: `_acme-challenge.example.com`, or where a CNAME of that name leads. */
  readonly name: string;
  readonly value: string;
  /** The name that is proved by it. */
  readonly dnsName: string;
}

/** Both may be called any number of times, also after a call of which nobody knows how it ended. Throw DnsProviderError, OutboundError. */
export interface RecordWriter {
  /** Has the value stand there. */
  readonly present: (record: ChallengeRecord, signal: AbortSignal) => Promise<RecordOutcome>;
  /** Has it stand there no more; fine when it never did. */
  readonly cleanUp: (record: ChallengeRecord, signal: AbortSignal) => Promise<RecordOutcome>;
}

export type RecordOutcome =
  /** `notice`: what a person has to do now. */
  | { readonly kind: "done"; readonly notice?: string }
  /** The provider works on it: to be called again. */
  | { readonly kind: "pending"; readonly message: string; readonly retryAfter: Temporal.Duration };

export interface ProviderContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly outbound: OutboundDoor;
  readonly dns: DnsClient;
  /** A value of a Secret in {@link credentialsNamespace}. Throws DnsProviderError `credentials` when there is none. */
  readonly secretOf: (reference: SecretKeyRef) => Promise<SecretBytes>;
  /** That of an Issuer, or for ClusterIssuers the cluster resource namespace. */
  readonly credentialsNamespace: string;
  /** What this process is let in by; absent for issuers that may not use it. */
  readonly ambient?: AmbientCredentials;
  /** The operator's environment variables: where APIs are found. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The zone that holds a name, without a dot at its end. Throws DnsProviderError `no-zone`. */
  readonly zoneOf: (name: string, signal: AbortSignal) => Promise<string>;
  /** A token of a ServiceAccount in {@link credentialsNamespace} for some audiences. Absent: nobody gives such tokens. */
  readonly serviceAccountToken?: (
    name: string,
    audiences: readonly string[],
  ) => Promise<SecretBytes>;
  /** Absent: there is no way to programs beside the API server. */
  readonly apiServices?: ApiServices;
}

/** What the machine or the pod has, for ClusterIssuers alone. */
export interface AmbientCredentials {
  /** A file that the environment names. Undefined when it is not there. */
  readonly readFile: (path: string) => Promise<string | undefined>;
  /** A door that reaches the metadata service of the cloud, too. */
  readonly metadata: OutboundDoor;
}

/** Programs that serve an API group (`APIService`). */
export interface ApiServices {
  /** Posts to a path below `/apis/GROUP`. Throws DnsProviderError, OutboundError. */
  readonly post: (
    group: string,
    path: string,
    body: Json,
    signal: AbortSignal,
  ) => Promise<{ readonly status: number; readonly body: Json }>;
}

export type DnsProviderErrorCode =
  /** The Secret with credentials, or the value in it, is missing or makes no sense. */
  | "credentials"
  /** The provider does not let us in, or not do this. */
  | "denied"
  /** No zone holds the name, or not at this provider. */
  | "no-zone"
  /** It does not do this, whoever asks and whenever. */
  | "refused"
  /** It is asked too often. */
  | "limited"
  /** It is down, or answers what cannot be read. */
  | "outage";

/** Why a record could not be written. The message holds foreign text only bounded. */
export class DnsProviderError extends Error {
  readonly code: DnsProviderErrorCode;
  readonly retryable: boolean;
  /** When the provider says that it may be asked again. */
  readonly retryAfter: Temporal.Duration | undefined;
  constructor(
    code: DnsProviderErrorCode,
    message: string,
    details: ErrorOptions & { readonly retryAfter?: Temporal.Duration } = {},
  ) {
    super(message, details);
    this.name = "DnsProviderError";
    this.code = code;
    this.retryable = code === "limited" || code === "outage";
    this.retryAfter = details.retryAfter;
  }
}
