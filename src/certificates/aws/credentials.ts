/**
 * Credentials of AWS: those that the SDK finds for this process, an access key, or a role for an identity token; each may
 * assume another role. The SDK is loaded when the first are asked for, as most gates never ask AWS for anything.
 */

import type { SecretBytes } from "#base/secret-bytes.ts";
import type { AwsDeps } from "./aws-deps.ts";
import { AwsError, sendError } from "./aws-error.ts";
import { givenEndpoint } from "./endpoint.ts";
import { type SdkRequestHandler, sdkRequests } from "./sdk-requests.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Absent: they hold until somebody withdraws them. */
  readonly expires?: Temporal.Instant;
}

/** Gives credentials that still hold for a while. Throws AwsError. */
export type CredentialProvider = () => Promise<AwsCredentials>;

export type AwsIdentity =
  /** What the SDK finds: variables, IRSA, EKS Pod Identity, profiles, the machine's own role. */
  | { readonly kind: "process" }
  | { readonly kind: "access-key"; readonly id: string; readonly secret: SecretBytes }
  /** A role that trusts the issuer of identity tokens, as of a Kubernetes cluster. */
  | {
      readonly kind: "token";
      readonly role: string;
      readonly token: () => Promise<SecretBytes>;
    };

export interface WantedCredentials {
  readonly identity: AwsIdentity;
  /** ARN of a role that the identity assumes. */
  readonly role?: string;
  /** Whose STS is asked. */
  readonly region: string;
}

/** Before their end they are asked for anew, so that no call has them end on its way. */
const margin = Temporal.Duration.from({ minutes: 5 });
const sessionName = "sekisho";

/** Credentials for one purpose, kept until shortly before their end. */
export function createCredentials(deps: AwsDeps, wanted: WantedCredentials): CredentialProvider {
  const { identity, role, region } = wanted;
  const own = keep(deps, () => ofIdentity(deps, identity, region));
  return role === undefined
    ? own
    : keep(deps, async () => await assumeRole(deps, { role, region }, own));
}

/** One asking at a time, and none while the last answer holds. */
function keep({ clock }: AwsDeps, ask: CredentialProvider): CredentialProvider {
  let kept: AwsCredentials | undefined;
  let asking: Promise<AwsCredentials> | undefined;
  const holds = ({ expires }: AwsCredentials): boolean =>
    expires === undefined || Temporal.Instant.compare(expires, clock.now().add(margin)) > 0;
  return async () => {
    if (kept !== undefined && holds(kept)) return kept;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    kept = await asking;
    return kept;
  };
}

async function ofIdentity(
  deps: AwsDeps,
  identity: AwsIdentity,
  region: string,
): Promise<AwsCredentials> {
  switch (identity.kind) {
    case "access-key":
      return { accessKeyId: identity.id, secretAccessKey: textOf(identity.secret) };
    case "process":
      return await ofProcess(deps, region);
    case "token":
      return await ofToken(deps, identity, region);
  }
}

function textOf(secret: SecretBytes): string {
  return Buffer.from(secret.reveal()).toString("utf8").trim();
}

/** The metadata services of machines and pods are asked by the SDK itself: their addresses are the operator's. */
async function ofProcess(deps: AwsDeps, region: string): Promise<AwsCredentials> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const find = defaultProvider({ clientConfig: clientOptions(deps, region) });
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await find();
    return { accessKeyId, secretAccessKey, ...lasting(sessionToken, expiration) };
  } catch (error) {
    throw credentialError(error);
  }
}

async function ofToken(
  deps: AwsDeps,
  { role, token }: Extract<AwsIdentity, { readonly kind: "token" }>,
  region: string,
): Promise<AwsCredentials> {
  const WebIdentityToken = textOf(await token());
  return await askSts(async ({ STSClient, AssumeRoleWithWebIdentityCommand }) => {
    const client = new STSClient(clientOptions(deps, region));
    return await client.send(
      new AssumeRoleWithWebIdentityCommand({
        ...{ RoleArn: role, RoleSessionName: sessionName, WebIdentityToken },
      }),
    );
  });
}

async function assumeRole(
  deps: AwsDeps,
  { role, region }: { readonly role: string; readonly region: string },
  credentials: CredentialProvider,
): Promise<AwsCredentials> {
  return await askSts(async ({ STSClient, AssumeRoleCommand }) => {
    const client = new STSClient({ ...clientOptions(deps, region), credentials });
    return await client.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: sessionName }),
    );
  });
}

/** A point in time as the SDK gives it. */
interface SdkDate {
  readonly getTime: () => number;
}

interface ClientOptions {
  readonly region: string;
  readonly maxAttempts: number;
  readonly requestHandler: SdkRequestHandler;
  readonly endpoint?: string;
}

/** Who calls repeats what failed, on its own schedule: the SDK does not. */
function clientOptions({ outbound, variables }: AwsDeps, region: string): ClientOptions {
  const endpoint = givenEndpoint("sts", variables);
  return {
    region,
    maxAttempts: 1,
    requestHandler: sdkRequests(outbound),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

type Sts = typeof import("@aws-sdk/client-sts");

interface StsAnswer {
  readonly Credentials?:
    | {
        readonly AccessKeyId: string | undefined;
        readonly SecretAccessKey: string | undefined;
        readonly SessionToken: string | undefined;
        readonly Expiration: SdkDate | undefined;
      }
    | undefined;
}

async function askSts(ask: (sts: Sts) => Promise<StsAnswer>): Promise<AwsCredentials> {
  const sts = await import("@aws-sdk/client-sts");
  try {
    const { Credentials: given } = await ask(sts);
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = given ?? {};
    if (accessKeyId === undefined || secretAccessKey === undefined)
      throw new AwsError("unanswered", "AWS gave no credentials for the role");
    return { accessKeyId, secretAccessKey, ...lasting(given?.SessionToken, given?.Expiration) };
  } catch (error) {
    throw credentialError(error);
  }
}

function lasting(
  sessionToken: string | undefined,
  expiration: SdkDate | undefined,
): Pick<AwsCredentials, "sessionToken" | "expires"> {
  return {
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined
      ? {}
      : { expires: Temporal.Instant.fromEpochMilliseconds(expiration.getTime()) }),
  };
}

/** Answers of AWS were judged by {@link sdkRequests} already; the rest is what the SDK looked for in vain. */
function credentialError(error: unknown): AwsError {
  const { name = "", message = "" } = error instanceof Error ? error : {};
  return /^(CredentialsProvider|TokenProvider)Error$/.test(name)
    ? new AwsError("denied", `no credentials of AWS are found: ${message}`, { cause: error })
    : sendError(error);
}
