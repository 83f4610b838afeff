/** Answers in the place of errors: the filter that gives them, by the status, as the route says. */

import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { CustomResponseSchema } from "#gen/envoy/extensions/filters/http/custom_response/v3/custom_response_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { HttpFilterSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { LocalResponsePolicySchema } from "#gen/envoy/extensions/http/custom_response/local_response_policy/v3/local_response_policy_pb.ts";
import {
  HttpRequestHeaderMatchInputSchema,
  HttpResponseHeaderMatchInputSchema,
} from "#gen/envoy/type/matcher/v3/http_inputs_pb.ts";
import { HttpResponseStatusCodeMatchInputSchema } from "#gen/envoy/type/matcher/v3/status_code_input_pb.ts";
import type { TypedExtensionConfig } from "#gen/xds/core/v3/extension_pb.ts";
import type { Matcher, Matcher_OnMatch } from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import { Matcher_OnMatchSchema, MatcherSchema } from "#gen/xds/type/matcher/v3/matcher_pb.ts";
import type { ErrorAnswer, Forward } from "#model/action.ts";
import { anyHost, type Host } from "#model/host.ts";
import { typedConfig } from "../encode.ts";
import { scopeHeader } from "../internal-headers.ts";
import { answerHeaders, bodyOf } from "../routes/answer.ts";
import { allOf, matcherExtension, noneOf, textMatches } from "../xds-matcher.ts";
import { leftOut } from "./left-out.ts";

const errorAnswersName = "sekisho.error-answers";

type ErrorChanges = Pick<Forward, "errorAnswers" | "unreachableStatus">;

/** Without a route that has some it does nothing. */
export function errorAnswersFilter(): HttpFilter {
  return create(HttpFilterSchema, {
    name: errorAnswersName,
    configType: typedConfig(CustomResponseSchema, create(CustomResponseSchema)),
  });
}

/** `typed_per_filter_config` of a host none of whose routes has such answers: it leaves the filter out of the chain. */
export function withoutErrorAnswers(): { [filter: string]: Any } {
  return leftOut(errorAnswersName);
}

/** `typed_per_filter_config` of a route with such answers; `host` is the host whose route says them. */
export function withErrorAnswers(action: Forward, host: Host): { [filter: string]: Any } {
  return action.errorAnswers === undefined ? unreachableAlone : packed(action, host);
}

/** Of routes with nothing but another status where no endpoint could be asked: the same for all hosts, and most routes have it. */
const unreachableAlone = packed({ unreachableStatus: 502 }, anyHost);

function packed(action: ErrorChanges, host: Host): { [filter: string]: Any } {
  const config = create(CustomResponseSchema, { customResponseMatcher: matcherOf(action, host) });
  return { [errorAnswersName]: anyPack(CustomResponseSchema, config) };
}

/** Whether a route changes errors at all. */
export function changesErrors({ errorAnswers, unreachableStatus }: ErrorChanges): boolean {
  return errorAnswers !== undefined || unreachableStatus !== undefined;
}

/**
 * Envoy says 503 when it could ask nobody. A backend's own 503 has a Date (RFC 9110 §6.6.1), which answers of Envoy get
 * only behind this filter. The router takes the scope from the request when it makes it ready for a backend, so a 503 of
 * another filter, such as that of a limit, stays.
 */
function matcherOf({ errorAnswers = [], unreachableStatus }: ErrorChanges, host: Host): Matcher {
  const byStatus = byStatusOf(errorAnswers, host);
  if (unreachableStatus === undefined) return byStatus;
  const page = errorAnswers.find(({ statuses }) => statuses.includes(unreachableStatus));
  const answer = page?.answer ?? { kind: "respond", status: unreachableStatus };
  const date = matcherExtension(
    "date",
    HttpResponseHeaderMatchInputSchema,
    create(HttpResponseHeaderMatchInputSchema, { headerName: "date" }),
  );
  const scope = matcherExtension(
    "scope",
    HttpRequestHeaderMatchInputSchema,
    create(HttpRequestHeaderMatchInputSchema, { headerName: scopeHeader }),
  );
  const isOurs = allOf(
    textMatches(statusInput(), "503"),
    noneOf(textMatches(date, ".*")),
    noneOf(textMatches(scope, ".*")),
  );
  return create(MatcherSchema, {
    matcherType: {
      case: "matcherList",
      value: { matchers: [{ predicate: isOurs, onMatch: onMatch(answer, host) }] },
    },
    ...(errorAnswers.length === 0
      ? {}
      : { onNoMatch: { onMatch: { case: "matcher", value: byStatus } } }),
  });
}

/** The first answer for each status. */
function byStatusOf(answers: readonly ErrorAnswer[], host: Host): Matcher {
  const byStatus = new Map<string, Matcher_OnMatch>();
  for (const { statuses, answer } of answers) {
    for (const status of statuses) {
      const text = `${status}`;
      if (!byStatus.has(text)) byStatus.set(text, onMatch(answer, host));
    }
  }
  const map = Object.fromEntries([...byStatus].sort(([a], [b]) => Number(a) - Number(b)));
  return create(MatcherSchema, {
    matcherType: {
      case: "matcherTree",
      value: { input: statusInput(), treeType: { case: "exactMatchMap", value: { map } } },
    },
  });
}

function statusInput(): TypedExtensionConfig {
  return matcherExtension(
    "status",
    HttpResponseStatusCodeMatchInputSchema,
    create(HttpResponseStatusCodeMatchInputSchema),
  );
}

function onMatch(answer: ErrorAnswer["answer"], host: Host): Matcher_OnMatch {
  const body = answer.kind === "respond" ? answer.body : undefined;
  const policy = create(LocalResponsePolicySchema, {
    statusCode: answer.status,
    responseHeadersToAdd: [...answerHeaders(answer, host)],
    ...(body === undefined || body === "" ? {} : bodyOf(body, host)),
  });
  return create(Matcher_OnMatchSchema, {
    onMatch: {
      case: "action",
      value: matcherExtension("answer", LocalResponsePolicySchema, policy),
    },
  });
}
