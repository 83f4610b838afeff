/** A route that forwards → Envoy's action, and what it does to the headers of requests. */

import { create } from "@bufbuild/protobuf";
import { unreachable } from "#base/unreachable.ts";
import type {
  RetryPolicySchema,
  RouteAction_HashPolicy_CookieSchema,
  RouteAction_HashPolicySchema,
  RouteActionSchema,
} from "#gen/envoy/config/route/v3/route_components_pb.ts";
import { PreviousHostsPredicateSchema } from "#gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.ts";
import type { CookieSettings, Forward, HashKey, Retries, Rewrite } from "#model/action.ts";
import { backendName } from "#model/backend.ts";
import type { Host } from "#model/host.ts";
import type { Text } from "#model/text.ts";
import { durationOf, type Init, typedConfig } from "../encode.ts";
import { formatText, plainText } from "./format-text.ts";
import { type HeaderValueOption, headersToAdd, headersToRemove, setHeader } from "./headers.ts";

type HashPolicy = Init<typeof RouteAction_HashPolicySchema>;
type RouteAction = Init<typeof RouteActionSchema>;

export interface RequestHeaders {
  readonly requestHeadersToAdd?: HeaderValueOption[];
  readonly requestHeadersToRemove?: string[];
}

/** What a forward does to the headers of a request, besides its Host. */
export function requestHeadersOf(action: Forward, host: Host): RequestHeaders {
  const { forwardedHost, requestHeaders = [] } = action;
  const added = [
    ...(forwardedHost === true ? [setHeader("x-forwarded-host", "%REQ(:AUTHORITY)%")] : []),
    ...headersToAdd(requestHeaders, host),
  ];
  const removed = headersToRemove(requestHeaders);
  return {
    ...(added.length === 0 ? {} : { requestHeadersToAdd: added }),
    ...(removed.length === 0 ? {} : { requestHeadersToRemove: [...removed] }),
  };
}

/** Envoy's own total timeout would be 15 s; 0 means none. */
export function buildForward(action: Forward, host: Host): RouteAction {
  return {
    clusterSpecifier: { case: "cluster", value: backendName(action.backend) },
    timeout: durationOf(0),
    idleTimeout: durationOf(action.idleTimeoutMs),
    ...(action.host === undefined ? {} : { hostRewriteSpecifier: hostOf(action.host, host) }),
    ...(action.rewrite === undefined ? {} : rewriteOf(action.rewrite)),
    ...(action.hashBy === undefined ? {} : { hashPolicy: [hashPolicyOf(action.hashBy)] }),
  };
}

/** The second try at the endpoint that has just failed would be wasted: of two pods one may be on its way out. */
const toAnother: Init<typeof RetryPolicySchema> = {
  retryHostPredicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      configType: typedConfig(PreviousHostsPredicateSchema, create(PreviousHostsPredicateSchema)),
    },
  ],
  hostSelectionRetryMaxAttempts: 5n,
};

/** What of a forward says when a request is tried again. */
export function retriesOf({ connectRetries, retries }: Forward): {
  readonly retryPolicy?: Init<typeof RetryPolicySchema>;
} {
  if (connectRetries === 0) return {};
  const causes = ["connect-failure", ...(retries === undefined ? [] : causesOf(retries))];
  return {
    retryPolicy: {
      retryOn: causes.join(","),
      numRetries: connectRetries,
      ...toAnother,
      ...(retries === undefined ? {} : limitsOf(retries)),
    },
  };
}

/** A request of which the backend has seen nothing may always go to another one. */
function causesOf({ statuses, nonIdempotent }: Retries): readonly string[] {
  return [
    "refused-stream",
    "reset-before-request",
    ...(nonIdempotent ? ["reset"] : []),
    ...(statuses.length === 0 ? [] : ["retriable-status-codes"]),
  ];
}

const idempotent = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];

/** Envoy asks for the method in all causes alike, so with retries by status no other method has any. */
function limitsOf({ statuses, nonIdempotent }: Retries): Init<typeof RetryPolicySchema> {
  const isLimited = statuses.length > 0 && !nonIdempotent;
  return {
    ...(statuses.length === 0 ? {} : { retriableStatusCodes: [...statuses] }),
    ...(isLimited ? { retriableRequestHeaders: idempotent.map(methodIs) } : {}),
  };
}

function methodIs(
  value: string,
): NonNullable<Init<typeof RetryPolicySchema>["retriableRequestHeaders"]>[number] {
  const text = { matchPattern: { case: "exact", value } } as const;
  return { name: ":method", headerMatchSpecifier: { case: "stringMatch", value: text } };
}

function hashPolicyOf(key: HashKey): HashPolicy {
  switch (key.kind) {
    case "client-address":
      return { policySpecifier: { case: "connectionProperties", value: { sourceIp: true } } };
    case "header":
      return { policySpecifier: { case: "header", value: { headerName: key.name } } };
    case "target":
      return { policySpecifier: { case: "header", value: { headerName: ":path" } } };
    case "argument":
      return { policySpecifier: { case: "queryParameter", value: { name: key.name } } };
    case "cookie":
      return { policySpecifier: { case: "cookie", value: cookieOf(key.name, key.set) } };
    default:
      return unreachable(key);
  }
}

function cookieOf(
  name: string,
  set: CookieSettings | undefined,
): Init<typeof RouteAction_HashPolicy_CookieSchema> {
  if (set === undefined) return { name };
  return {
    name,
    ttl: durationOf(set.ttlSeconds * 1000),
    path: set.cookiePath ?? "",
    attributes: Object.entries(set.attributes).map(([key, value]) => ({ name: key, value })),
  };
}

function hostOf(text: Text, host: Host): NonNullable<RouteAction["hostRewriteSpecifier"]> {
  const plain = plainText(text, host);
  return plain === undefined
    ? { case: "hostRewrite", value: formatText(text, host) }
    : { case: "hostRewriteLiteral", value: plain };
}

function rewriteOf(rewrite: Rewrite): Pick<RouteAction, "prefixRewrite" | "regexRewrite"> {
  switch (rewrite.kind) {
    case "prefix":
      return { prefixRewrite: rewrite.to };
    case "whole":
      return {
        regexRewrite: { pattern: { regex: `^${rewrite.pattern}$` }, substitution: rewrite.to },
      };
    default:
      return unreachable(rewrite);
  }
}
