/** How Envoy writes down what it answered: one JSON object a line, into a file that we follow or to its output. */

import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { formatOrigin, type Origin } from "#base/origin.ts";
import type { AccessLog, AccessLogFilter } from "#gen/envoy/config/accesslog/v3/accesslog_pb.ts";
import {
  AccessLogFilterSchema,
  AccessLogSchema,
  ComparisonFilter_Op,
} from "#gen/envoy/config/accesslog/v3/accesslog_pb.ts";
import type { SubstitutionFormatStringSchema } from "#gen/envoy/config/core/v3/substitution_format_string_pb.ts";
import { FileAccessLogSchema } from "#gen/envoy/extensions/access_loggers/file/v3/file_pb.ts";
import { ExpressionFilterSchema } from "#gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.ts";
import { StdoutAccessLogSchema } from "#gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts";
import { FractionalPercent_DenominatorType } from "#gen/envoy/type/v3/percent_pb.ts";
import { plainTextChain, refusedChainPrefix } from "./chain-names.ts";

/** `file`: an absolute path, as Envoy sees it. `stdout`: in a pod, whose log it is then. */
export type AccessLogTarget =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "stdout" };

export interface AccessLogSettings {
  readonly to: AccessLogTarget;
  /** How many of the requests that went well are written, 0 to 100 percent; all others always are. */
  readonly samplePercent: number;
}

/**
 * Keys of a line, in the order of the file, with Envoy's command operators. Lengths are bounded:
 * a header may be 60 KiB long. The parser of these lines is `access-record.ts`.
 */
const fields = {
  time: "%START_TIME%",
  method: "%REQ(:METHOD):32%",
  path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH):4096%",
  protocol: "%PROTOCOL%",
  status: "%RESPONSE_CODE%",
  flags: "%RESPONSE_FLAGS%",
  details: "%RESPONSE_CODE_DETAILS%",
  bytesIn: "%BYTES_RECEIVED%",
  bytesOut: "%BYTES_SENT%",
  durationMs: "%DURATION%",
  upstreamHost: "%UPSTREAM_HOST%",
  upstreamFailure: "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
  cluster: "%UPSTREAM_CLUSTER_RAW%",
  authority: "%REQ(:AUTHORITY):512%",
  client: "%DOWNSTREAM_REMOTE_ADDRESS%",
  requestId: "%REQ(X-REQUEST-ID):128%",
  sni: "%REQUESTED_SERVER_NAME%",
  tlsVersion: "%DOWNSTREAM_TLS_VERSION%",
  tlsFailure: "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%",
  route: "%ROUTE_NAME%",
  userAgent: "%REQ(USER-AGENT):256%",
} as const satisfies JsonObject;

/**
 * For the HTTP connection manager: a line for every request that failed (a status of 400 or more,
 * or any response flag), and for the sampled share of the others.
 */
export function buildAccessLog(settings: AccessLogSettings): AccessLog {
  const filter = failedOrSampled(settings.samplePercent);
  return accessLog(settings.to, filter);
}

/** For what is passed on without being looked into: the same, with the object that asked for it. */
export function buildStreamAccessLog(settings: AccessLogSettings, origin: Origin): AccessLog {
  const route = formatOrigin(origin).replaceAll("%", "%%");
  const filter = failedOrSampled(settings.samplePercent);
  return accessLog(settings.to, filter, { ...fields, route });
}

/**
 * Connections that a refusing filter chain took, and those whose handshake failed: because no certificate was found on
 * demand, or the client did not like ours. Who speaks clear text to the TLS port is told so and is no failure of TLS.
 */
const failedHandshake = [
  `xds.filter_chain_name.startsWith("${refusedChainPrefix}")`,
  `(xds.filter_chain_name != "${plainTextChain}" && connection.transport_failure_reason != "")`,
].join(" || ");

/**
 * For the listener: a line for every connection that no filter chain took (`NR`) or whose TLS
 * handshake failed, so that a refused handshake can be explained like an answer.
 */
export function buildConnectionAccessLog(to: AccessLogTarget): AccessLog {
  const lost = create(AccessLogFilterSchema, {
    filterSpecifier: { case: "responseFlagFilter", value: { flags: ["NR"] } },
  });
  const expression = create(ExpressionFilterSchema, { expression: failedHandshake });
  const failed = create(AccessLogFilterSchema, {
    filterSpecifier: {
      case: "extensionFilter",
      value: {
        name: "envoy.access_loggers.extension_filters.cel",
        configType: { case: "typedConfig", value: anyPack(ExpressionFilterSchema, expression) },
      },
    },
  });
  return accessLog(to, anyOf([lost, failed]));
}

function anyOf(filters: AccessLogFilter[]): AccessLogFilter {
  return create(AccessLogFilterSchema, {
    filterSpecifier: { case: "orFilter", value: { filters } },
  });
}

function accessLog(
  to: AccessLogTarget,
  filter: AccessLogFilter | undefined,
  keys: JsonObject = fields,
): AccessLog {
  const logger = to.kind === "file" ? fileLogger(to.path, keys) : stdoutLogger(keys);
  return create(AccessLogSchema, { ...logger, ...(filter === undefined ? {} : { filter }) });
}

type Logger = Pick<MessageInitShape<typeof AccessLogSchema>, "name" | "configType">;

function lineOf(keys: JsonObject): {
  readonly case: "logFormat";
  readonly value: MessageInitShape<typeof SubstitutionFormatStringSchema>;
} {
  const format = { case: "jsonFormat", value: keys } as const;
  return { case: "logFormat", value: { format, omitEmptyValues: true } };
}

function fileLogger(path: string, keys: JsonObject): Logger {
  const accessLogFormat = lineOf(keys);
  const file = create(FileAccessLogSchema, { path, accessLogFormat });
  return {
    name: "envoy.access_loggers.file",
    configType: { case: "typedConfig", value: anyPack(FileAccessLogSchema, file) },
  };
}

/** Not the file `/dev/stdout`: a container's own user may not open it everywhere. */
function stdoutLogger(keys: JsonObject): Logger {
  const accessLogFormat = lineOf(keys);
  const stdout = create(StdoutAccessLogSchema, { accessLogFormat });
  return {
    name: "envoy.access_loggers.stdout",
    configType: { case: "typedConfig", value: anyPack(StdoutAccessLogSchema, stdout) },
  };
}

/** Absent when everything is written. */
function failedOrSampled(samplePercent: number): AccessLogFilter | undefined {
  if (samplePercent >= 100) return undefined;
  const filters = [
    create(AccessLogFilterSchema, {
      filterSpecifier: {
        case: "statusCodeFilter",
        value: {
          comparison: {
            op: ComparisonFilter_Op.GE,
            value: { defaultValue: 400, runtimeKey: "sekisho.access_log.min_status" },
          },
        },
      },
    }),
    create(AccessLogFilterSchema, {
      filterSpecifier: { case: "responseFlagFilter", value: { flags: [] } },
    }),
  ];
  if (samplePercent > 0) filters.push(sampled(samplePercent));
  return anyOf(filters);
}

/** Drawn for each request alone: without it Envoy would draw from the request id, which may be absent. */
function sampled(percent: number): AccessLogFilter {
  return create(AccessLogFilterSchema, {
    filterSpecifier: {
      case: "runtimeFilter",
      value: {
        runtimeKey: "sekisho.access_log.sample",
        percentSampled: {
          numerator: Math.round(percent * 10_000),
          denominator: FractionalPercent_DenominatorType.MILLION,
        },
        useIndependentRandomness: true,
      },
    },
  });
}
