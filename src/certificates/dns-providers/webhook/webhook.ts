/** Programs that speak cert-manager's webhook protocol: a ChallengePayload is posted to the API group that they serve. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { WebhookProvider } from "#kinds/cert-manager/dns01-provider.ts";
import { foreignText } from "../../outbound/foreign-text.ts";
import {
  type ChallengeRecord,
  type DnsProvider,
  DnsProviderError,
  type ProviderContext,
  type RecordOutcome,
} from "../dns-provider.ts";

const apiVersion = "webhook.acme.cert-manager.io/v1alpha1";

/** A DNS name in small letters: what ends up in a path of the API server must not lead elsewhere in it. */
const plainName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const webhook: DnsProvider = {
  name: "webhook",
  open: ({ webhook: config }, context) => {
    if (config === undefined) return undefined;
    return {
      present: (record, signal) => ask(context, config, { record, action: "Present" }, signal),
      cleanUp: (record, signal) => ask(context, config, { record, action: "CleanUp" }, signal),
    };
  },
};

interface Wish {
  readonly action: "Present" | "CleanUp";
  readonly record: ChallengeRecord;
}

async function ask(
  context: ProviderContext,
  config: WebhookProvider,
  wish: Wish,
  signal: AbortSignal,
): Promise<RecordOutcome> {
  const { groupName, solverName } = config;
  if (!plainName.test(groupName) || !plainName.test(solverName))
    throw new DnsProviderError("refused", "groupName and solverName must be DNS names");
  if (context.apiServices === undefined) {
    const message = `there is no API server here that leads to ${groupName}: choose a DNS provider that needs none`;
    throw new DnsProviderError("refused", message);
  }
  const payload = await payloadOf(context, config, wish, signal);
  const path = `v1alpha1/${solverName}`;
  const { status, body } = await context.apiServices.post(groupName, path, payload, signal);
  judge(`${groupName}/${solverName}`, status, body);
  return { kind: "done" };
}

async function payloadOf(
  context: ProviderContext,
  { config }: WebhookProvider,
  { action, record }: Wish,
  signal: AbortSignal,
): Promise<JsonObject> {
  const zone = await context.zoneOf(record.name, signal);
  return {
    apiVersion,
    kind: "ChallengePayload",
    request: {
      uid: context.random.uuid(),
      action,
      type: "dns-01",
      dnsName: record.dnsName,
      key: record.value,
      resourceNamespace: context.credentialsNamespace,
      resolvedFQDN: `${record.name}.`,
      resolvedZone: `${zone}.`,
      allowAmbientCredentials: context.ambient !== undefined,
      ...(config === undefined ? {} : { config }),
    },
  };
}

/** Throws unless the webhook says that it succeeded. */
function judge(webhookName: string, status: number, body: Json): void {
  const response = part(body, "response");
  if (status < 300 && response?.["success"] === true) return;
  const failure = response === undefined ? asObject(body) : part(response, "status");
  const said = failure?.["message"];
  const told = typeof said === "string" && said !== "" ? `: ${foreignText(said)}` : "";
  if (status === 404 && response === undefined) {
    const message = `nothing serves ${webhookName}${told}; install the webhook, or correct groupName and solverName`;
    throw new DnsProviderError("refused", message);
  }
  if (status === 401 || status === 403)
    throw new DnsProviderError("denied", `${webhookName} does not let us in${told}`);
  throw new DnsProviderError("outage", `${webhookName} did not succeed${told}`);
}

function part(value: Json | undefined, name: string): JsonObject | undefined {
  return asObject(asObject(value)?.[name]);
}

function asObject(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? (value as JsonObject) : undefined;
}
