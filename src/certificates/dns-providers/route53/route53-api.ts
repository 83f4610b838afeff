/** The calls of Route 53, by AWS' client, in the errors of a DNS provider. */

import { AwsError } from "../../aws/aws-error.ts";
import type { CredentialProvider } from "../../aws/credentials.ts";
import { givenEndpoint } from "../../aws/endpoint.ts";
import { sdkRequests } from "../../aws/sdk-requests.ts";
import { namesUpwards, plainName } from "../../dns/name.ts";
import { OutboundError } from "../../outbound/outbound-door.ts";
import {
  DnsProviderError,
  type DnsProviderErrorCode,
  type ProviderContext,
} from "../dns-provider.ts";
import type { Change, RecordSet } from "./record-changes.ts";

/** The service has one home a partition; the region only says which partition. */
export interface Route53Access {
  readonly region: string;
  readonly credentials: CredentialProvider;
  /** Has them asked for anew: AWS does not take them any more. */
  readonly forget: () => void;
}

type Sdk = typeof import("@aws-sdk/client-route-53");
type Client = InstanceType<Sdk["Route53Client"]>;

export class Route53Api {
  readonly #context: ProviderContext;
  readonly #access: Route53Access;
  readonly #signal: AbortSignal;

  constructor(context: ProviderContext, access: Route53Access, signal: AbortSignal) {
    this.#context = context;
    this.#access = access;
    this.#signal = signal;
  }

  /** The identifier of the public zone that holds a name: of several the one with the longest name. */
  async findZone(name: string): Promise<string> {
    for (const candidate of namesUpwards(name).filter((one) => one.includes("."))) {
      const { HostedZones = [] } = await this.#ask(({ ListHostedZonesByNameCommand }, client) =>
        client.send(new ListHostedZonesByNameCommand({ DNSName: candidate, MaxItems: 10 }), {
          abortSignal: this.#signal,
        }),
      );
      const zone = HostedZones.find(
        ({ Name = "", Config }) => plainName(Name) === candidate && Config?.PrivateZone !== true,
      );
      if (zone?.Id !== undefined) return zone.Id.replace(/^\/hostedzone\//, "");
    }
    const message = `no public zone in Route 53 holds ${name}, or zones may not be listed: name it in hostedZoneID`;
    throw new DnsProviderError("no-zone", message);
  }

  /** The sets of TXT records under a name. */
  async textRecords(zone: string, name: string): Promise<readonly RecordSet[]> {
    const { ResourceRecordSets = [] } = await this.#ask(
      ({ ListResourceRecordSetsCommand }, client) =>
        client.send(
          new ListResourceRecordSetsCommand({
            ...{ HostedZoneId: zone, StartRecordName: name, StartRecordType: "TXT", MaxItems: 300 },
          }),
          { abortSignal: this.#signal },
        ),
    );
    return ResourceRecordSets.flatMap((set) =>
      set.Type === "TXT" && plainName(set.Name ?? "") === plainName(name)
        ? [{ ...set, Type: "TXT" as const }]
        : [],
    );
  }

  /** Makes a change; gives its identifier. Undefined when what it was made for has changed meanwhile. */
  async change(zone: string, change: Change): Promise<string | undefined> {
    try {
      const { ChangeInfo } = await this.#ask(({ ChangeResourceRecordSetsCommand }, client) =>
        client.send(
          new ChangeResourceRecordSetsCommand({
            HostedZoneId: zone,
            ChangeBatch: { Changes: [...change], Comment: "an ACME challenge, by Sekisho" },
          }),
          { abortSignal: this.#signal },
        ),
      );
      return ChangeInfo?.Id ?? "";
    } catch (error) {
      if (isRace(error)) return undefined;
      throw error;
    }
  }

  /** Whether all name servers have a change. */
  async isEverywhere(id: string): Promise<boolean> {
    if (id === "") return true;
    const { ChangeInfo } = await this.#ask(({ GetChangeCommand }, client) =>
      client.send(new GetChangeCommand({ Id: id.replace(/^\/change\//, "") }), {
        abortSignal: this.#signal,
      }),
    );
    return ChangeInfo?.Status === "INSYNC";
  }

  async #ask<Answer>(call: (sdk: Sdk, client: Client) => Promise<Answer>): Promise<Answer> {
    const sdk = await import("@aws-sdk/client-route-53");
    const { outbound, variables } = this.#context;
    const endpoint = givenEndpoint("route53", variables);
    const client = new sdk.Route53Client({
      ...{ region: this.#access.region, credentials: this.#access.credentials },
      ...{ maxAttempts: 1, requestHandler: sdkRequests(outbound) },
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    try {
      return await call(sdk, client);
    } catch (error) {
      throw providerError(error);
    }
  }
}

/** What AWS says when a set to delete is not there as given, or one to create is. */
function isRace(error: unknown): boolean {
  const { cause } = error instanceof DnsProviderError ? error : {};
  return (
    cause instanceof AwsError &&
    cause.type === "InvalidChangeBatch" &&
    /not found|already exists|do not match/i.test(cause.message)
  );
}

const codes: Readonly<Record<AwsError["code"], DnsProviderErrorCode>> = {
  denied: "denied",
  refused: "refused",
  throttled: "limited",
  unanswered: "outage",
  unreached: "outage",
};

function providerError(error: unknown): unknown {
  if (error instanceof DnsProviderError || error instanceof OutboundError) return error;
  if (!(error instanceof AwsError)) {
    const message = "Route 53: an answer that the SDK cannot read";
    return new DnsProviderError("outage", message, { cause: error });
  }
  if (error.cause instanceof OutboundError) return error.cause;
  const code = error.type === "NoSuchHostedZone" ? "no-zone" : codes[error.code];
  return new DnsProviderError(code, `Route 53: ${error.message}`, {
    cause: error,
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
  });
}
