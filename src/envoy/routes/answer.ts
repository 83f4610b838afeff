/** A route that answers by itself → Envoy's direct response, and the headers of the answer. */

import type { DirectResponseActionSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import type { Move, Redirect, Respond } from "#model/action.ts";
import { type HeaderChange, successStatuses } from "#model/header-change.ts";
import type { Host } from "#model/host.ts";
import type { Text } from "#model/text.ts";
import type { Init } from "../encode.ts";
import { formatText, plainText } from "./format-text.ts";
import { type HeaderValueOption, headersToAdd, setHeader } from "./headers.ts";

type DirectResponse = Init<typeof DirectResponseActionSchema>;

/** Without a body there is no content type either. */
export function buildAnswer(action: Respond | Redirect, host: Host): DirectResponse {
  const { status } = action;
  if (action.kind === "redirect" || action.body === undefined || action.body === "")
    return { status };
  return { status, ...bodyOf(action.body, host) };
}

/** Envoy would put the URL of the request into Location and `text/plain` into Content-Type. */
export function answerHeaders(
  action: Respond | Redirect,
  host: Host,
): readonly HeaderValueOption[] {
  const added = headersToAdd(changesAt(action), host);
  if (action.kind === "redirect") {
    const location = setHeader("location", formatText(action.location, host));
    return [location, ...added];
  }
  const { contentType } = action;
  return [
    ...(contentType === undefined
      ? []
      : [setHeader("content-type", formatText(contentType, host))]),
    ...added,
  ];
}

/** The status is known, so no script has to look at it. */
function changesAt({ status, responseHeaders = [] }: Respond | Redirect): readonly HeaderChange[] {
  return responseHeaders.flatMap((change): readonly HeaderChange[] => {
    if (change.kind !== "add") return [change];
    const { on, ...always } = change;
    return on === undefined || successStatuses.includes(status) ? [always] : [];
  });
}

/** The length of what is said about the body in the configuration. */
export function bodyBytes(action: Respond | Redirect | Move, host: Host): number {
  if (action.kind !== "respond" || action.body === undefined) return 0;
  return Buffer.byteLength(plainText(action.body, host) ?? formatText(action.body, host));
}

/** A body as it stands, or as a format. */
export function bodyOf(body: Text, host: Host): Pick<DirectResponse, "body" | "bodyFormat"> {
  const plain = plainText(body, host);
  if (plain !== undefined) return { body: { specifier: { case: "inlineString", value: plain } } };
  const inlineString = formatText(body, host);
  return {
    bodyFormat: {
      format: {
        case: "textFormatSource",
        value: { specifier: { case: "inlineString", value: inlineString } },
      },
      omitEmptyValues: true,
    },
  };
}
