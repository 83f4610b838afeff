/** The three calls of AWS Private CA by which certificates are made (API reference, "Actions"). */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { AwsDeps } from "../../aws/aws-deps.ts";
import { AwsError } from "../../aws/aws-error.ts";
import { type AwsService, callJson } from "../../aws/signed-call.ts";

/** What AWS says of an authority. */
export interface Authority {
  /** `ACTIVE` when it signs. */
  readonly status: string;
  readonly signingAlgorithm: string;
  /** The end of its own certificate; absent while it has none. */
  readonly notAfter: Temporal.Instant | undefined;
  readonly isShortLived: boolean;
}

export interface PrivateCa {
  readonly describe: () => Promise<Authority>;
  /** Orders a certificate; gives the ARN under which it will be. `body` is sent as it is. */
  readonly issue: (body: string) => Promise<string>;
  readonly get: (certificateArn: string) => Promise<MadeCertificate>;
}

/** PEM of a certificate and its chain, from the authority upwards. */
export type MadeCertificate =
  | { readonly certificate: string; readonly chain: string }
  | "in progress"
  /** AWS has nothing under this ARN. */
  | "unknown";

/** The calls about one authority. All of them throw AwsError. */
export function createPrivateCa(deps: AwsDeps, service: AwsService, arn: string): PrivateCa {
  const call = (name: string, body: string): Promise<JsonObject> =>
    callJson(deps, service, { target: `ACMPrivateCA.${name}`, body });
  return {
    describe: async () => {
      const body = JSON.stringify({ CertificateAuthorityArn: arn });
      return parseAuthority(await call("DescribeCertificateAuthority", body));
    },
    issue: async (body) => {
      const { CertificateArn } = (await call("IssueCertificate", body)) as Texts;
      return textOf(CertificateArn, "the ARN of a certificate");
    },
    get: async (certificateArn) => {
      const asked = { CertificateAuthorityArn: arn, CertificateArn: certificateArn };
      try {
        const said = (await call("GetCertificate", JSON.stringify(asked))) as Texts;
        return {
          certificate: textOf(said["Certificate"], "a certificate"),
          chain: textOf(said["CertificateChain"], "the chain of a certificate"),
        };
      } catch (error) {
        const type = error instanceof AwsError ? error.type : "";
        if (type === "RequestInProgressException") return "in progress";
        if (type === "ResourceNotFoundException") return "unknown";
        throw error;
      }
    },
  };
}

type Texts = Readonly<Record<string, Json | undefined>>;

function textOf(value: Json | undefined, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new AwsError("unanswered", `AWS answered without ${what}`);
}

function parseAuthority(said: JsonObject): Authority {
  const found = said["CertificateAuthority"];
  const authority: Texts = isJsonObject(found) ? (found as JsonObject) : {};
  const set = authority["CertificateAuthorityConfiguration"];
  const configuration: Texts = isJsonObject(set) ? (set as JsonObject) : {};
  const seconds = authority["NotAfter"];
  return {
    status: textOf(authority["Status"], "the status of the authority"),
    signingAlgorithm: textOf(configuration["SigningAlgorithm"], "the authority's algorithm"),
    notAfter:
      typeof seconds === "number"
        ? Temporal.Instant.fromEpochMilliseconds(Math.floor(seconds) * 1000)
        : undefined,
    isShortLived: authority["UsageMode"] === "SHORT_LIVED_CERTIFICATE",
  };
}
