/** A line of Envoy's access log as a typed record. */

import type { JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
import type { Result } from "#base/result.ts";
import { err, ok } from "#base/result.ts";

/** What `access-log.ts` makes Envoy write. Absent: Envoy had nothing to say there. */
export interface AccessRecord {
  /** RFC 3339, UTC, milliseconds: when the request began. */
  readonly time: string;
  readonly method?: string;
  /** As the client sent it, with its query. */
  readonly path?: string;
  readonly protocol?: string;
  /** 0 when the connection ended before an answer. */
  readonly status: number;
  /** Envoy's short names, as `UF` or `NR`; empty when all went well. */
  readonly flags: readonly string[];
  readonly details?: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  /** `address:port` of the endpoint that was asked last. */
  readonly upstreamHost?: string;
  readonly upstreamFailure?: string;
  readonly cluster?: string;
  readonly authority?: string;
  /** `address:port` of the client after trusted proxies; port 0 when the address came from a header. */
  readonly client?: string;
  readonly requestId?: string;
  readonly sni?: string;
  readonly tlsVersion?: string;
  readonly tlsFailure?: string;
  /** The route's name, which is its origin as `formatOrigin` writes it. */
  readonly route?: string;
  readonly userAgent?: string;
}

/** Reads one line; the error says what is wrong with it. */
export function parseAccessRecord(line: string): Result<AccessRecord, string> {
  const object = parseObject(line);
  if (object === undefined) return err("not a JSON object");
  const time = object["time"];
  if (typeof time !== "string") return err("no time");
  return ok({
    time,
    status: number(object, "status"),
    flags: flags(object),
    bytesIn: number(object, "bytesIn"),
    bytesOut: number(object, "bytesOut"),
    durationMs: number(object, "durationMs"),
    ...texts(object),
  });
}

const textFields = [
  "method",
  "path",
  "protocol",
  "details",
  "upstreamHost",
  "upstreamFailure",
  "cluster",
  "authority",
  "client",
  "requestId",
  "sni",
  "tlsVersion",
  "tlsFailure",
  "route",
  "userAgent",
] as const;

type TextField = (typeof textFields)[number];

function texts(object: JsonObject): { readonly [Name in TextField]?: string } {
  const found: { [Name in TextField]?: string } = {};
  for (const name of textFields) {
    const value = object[name];
    if (typeof value === "string" && value !== "" && value !== "-") found[name] = value;
  }
  return found;
}

function number(object: JsonObject, name: string): number {
  const value = object[name];
  return typeof value === "number" ? value : 0;
}

function flags(object: JsonObject): readonly string[] {
  const value = object["flags"];
  return typeof value === "string" && value !== "-" && value !== "" ? value.split(",") : [];
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch (cause) {
    // A torn line after a crash of Envoy is expected; anything else JSON.parse throws is too.
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
