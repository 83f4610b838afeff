/** Bounds on what a proxy may say: a broken or hostile one ends its own stream, and nothing else. */

import type { Result } from "#base/result.ts";
import { err, ok } from "#base/result.ts";
import type { DeltaDiscoveryRequest } from "#gen/envoy/service/discovery/v3/discovery_pb.ts";

export interface StreamLimits {
  /** Names that one stream may ask for, over all types; also entries of one list of versions. */
  readonly maxNames: number;
  /** UTF-16 units of a name or version. */
  readonly maxNameLength: number;
  readonly maxNodeIdLength: number;
  /** Bytes of one request. */
  readonly maxRequestBytes: number;
  /** Bytes of one response that holds more than one resource. */
  readonly maxResponseBytes: number;
  /** Responses of one type that a proxy may leave unanswered. */
  readonly maxUnanswered: number;
}

export const defaultLimits: StreamLimits = {
  maxNames: 200_000,
  maxNameLength: 4096,
  maxNodeIdLength: 256,
  maxRequestBytes: 64 * 1024 * 1024,
  maxResponseBytes: 4 * 1024 * 1024,
  maxUnanswered: 8,
};

export interface LimitExceeded {
  readonly code: "too-many-names" | "name-too-long" | "bad-node-id";
  readonly message: string;
}

/** Checks the lists of a request from a stream that already asks for `askedNames`. */
export function checkNames(
  request: DeltaDiscoveryRequest,
  askedNames: number,
  limits: StreamLimits,
): Result<undefined, LimitExceeded> {
  const { resourceNamesSubscribe, resourceNamesUnsubscribe, initialResourceVersions } = request;
  const initial = Object.entries(initialResourceVersions);
  const most = Math.max(
    askedNames + resourceNamesSubscribe.length,
    initial.length,
    resourceNamesUnsubscribe.length,
  );
  if (most > limits.maxNames) {
    const message = `${most} names asked for, more than the ${limits.maxNames} a stream may; raise the limit or ask for less`;
    return err({ code: "too-many-names", message });
  }
  const tooLong = (text: string): boolean => text.length > limits.maxNameLength;
  const long =
    resourceNamesSubscribe.some(tooLong) ||
    resourceNamesUnsubscribe.some(tooLong) ||
    initial.some(([name, version]) => tooLong(name) || tooLong(version));
  if (!long) return ok(undefined);
  const message = `a resource name or version is longer than ${limits.maxNameLength} characters`;
  return err({ code: "name-too-long", message });
}

/** The node id of a stream's first request. */
export function parseNodeId(
  request: DeltaDiscoveryRequest,
  limits: StreamLimits,
): Result<string, LimitExceeded> {
  const id = request.node?.id ?? "";
  if (id !== "" && id.length <= limits.maxNodeIdLength) return ok(id);
  const message =
    id === ""
      ? "the first request names no node; set node.id in the bootstrap"
      : `node.id is longer than ${limits.maxNodeIdLength} characters`;
  return err({ code: "bad-node-id", message });
}

/** The version of Envoy that a stream's first request names; empty when it names none. */
export function envoyVersion({ node }: DeltaDiscoveryRequest): string {
  if (node?.userAgentVersionType.case !== "userAgentBuildVersion") return "";
  const { version } = node.userAgentVersionType.value;
  return version === undefined
    ? ""
    : `${version.majorNumber}.${version.minorNumber}.${version.patch}`;
}
