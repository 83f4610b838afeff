/** Envoy's questions (ext_authz, `envoy.service.auth.v3.Authorization`) and our answers, as gRPC has them. */

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { HeaderValueOptionSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import { HeaderValueOption_HeaderAppendAction } from "#gen/envoy/config/core/v3/base_pb.ts";
import type { AttributeContext } from "#gen/envoy/service/auth/v3/attribute_context_pb.ts";
import {
  Authorization,
  CheckRequestSchema,
  CheckResponseSchema,
} from "#gen/envoy/service/auth/v3/external_auth_pb.ts";
import type { StatusCode } from "#gen/envoy/type/v3/http_status_pb.ts";
import type { Http2Handler } from "#runtime/http/http2-server.ts";
import type { Check, Header, Verdict } from "./check.ts";
import { clientAddressHeader, policiesExtension } from "./policy.ts";
import { answerCalls } from "./unary-call.ts";

type CheckResponse = MessageInitShape<typeof CheckResponseSchema>;

/** Judges one request by the policies of these names. */
export type JudgeByNames = (
  names: readonly string[],
  check: Check,
  signal: AbortSignal,
) => Promise<Verdict>;

/** Larger questions are not read: Envoy sends no more than the headers it takes itself. */
const maxQuestionBytes = 1024 * 1024;

/** Answers the calls of the service. */
export function createCheckService(
  judge: JudgeByNames,
  failed: (error: unknown) => void,
): Http2Handler {
  return answerCalls({
    path: `/${Authorization.typeName}/${Authorization.method.check.name}`,
    maxBytes: maxQuestionBytes,
    answer: async (question, signal) => {
      const { attributes } = fromBinary(CheckRequestSchema, question);
      const verdict = await judge(namesIn(attributes), checkOf(attributes), signal);
      return toBinary(CheckResponseSchema, create(CheckResponseSchema, responseOf(verdict)));
    },
    failed,
  });
}

/** What the route says in its `context_extensions`: written by us, out of a client's reach. */
function namesIn(attributes: AttributeContext | undefined): readonly string[] {
  const names = attributes?.contextExtensions[policiesExtension] ?? "";
  return names === "" ? [] : names.split(",");
}

function checkOf(attributes: AttributeContext | undefined): Check {
  const http = attributes?.request?.http;
  const { [clientAddressHeader]: client = addressIn(attributes), ...headers } = http?.headers ?? {};
  return {
    method: http?.method ?? "",
    scheme: http?.scheme ?? "",
    host: http?.host ?? "",
    path: http?.path ?? "",
    headers: new Map(Object.entries(headers)),
    client,
  };
}

function addressIn(attributes: AttributeContext | undefined): string {
  const address = attributes?.source?.address?.address;
  return address?.case === "socketAddress" ? address.value.address : "";
}

function responseOf(verdict: Verdict): CheckResponse {
  if (verdict.kind === "deny") {
    const { status, headers } = verdict;
    return {
      status: { code: Code.PermissionDenied },
      httpResponse: {
        case: "deniedResponse",
        value: { status: { code: status as StatusCode }, headers: headers.map(inPlace) },
      },
    };
  }
  const { set, remove, answer } = verdict;
  return {
    status: { code: 0 },
    httpResponse: {
      case: "okResponse",
      value: {
        headers: set.map(inPlace),
        headersToRemove: [...remove],
        responseHeadersToAdd: answer.map(({ name, value }) => ({ header: { key: name, value } })),
      },
    },
  };
}

/** In place of what is there under the name. */
function inPlace({ name, value }: Header): MessageInitShape<typeof HeaderValueOptionSchema> {
  return {
    header: { key: name, value },
    appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
  };
}
