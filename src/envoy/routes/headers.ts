/** Changes of headers → Envoy's lists of what to add and what to remove; it removes first. */

import type { HeaderValueOptionSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import { HeaderValueOption_HeaderAppendAction } from "#gen/envoy/config/core/v3/base_pb.ts";
import type { HeaderChange } from "#model/header-change.ts";
import type { Host } from "#model/host.ts";
import type { Text, Variable } from "#model/text.ts";
import type { Init } from "../encode.ts";
import { onSuccessPrefix } from "../internal-headers.ts";
import { formatText } from "./format-text.ts";

export type HeaderValueOption = Init<typeof HeaderValueOptionSchema>;

const { OVERWRITE_IF_EXISTS_OR_ADD, APPEND_IF_EXISTS_OR_ADD } =
  HeaderValueOption_HeaderAppendAction;

/** One header with a format string as its value. */
export function setHeader(key: string, value: string): HeaderValueOption {
  return { header: { key, value }, appendAction: OVERWRITE_IF_EXISTS_OR_ADD };
}

/** What is set and added, in order; `host` is the host whose route says it. */
export function headersToAdd(
  changes: readonly HeaderChange[],
  host: Host,
): readonly HeaderValueOption[] {
  return changes.flatMap((change) =>
    change.kind === "remove"
      ? []
      : [
          {
            header: { key: nameOf(change), value: formatText(change.value, host) },
            appendAction:
              change.kind === "set" ? OVERWRITE_IF_EXISTS_OR_ADD : APPEND_IF_EXISTS_OR_ADD,
            ...(isReplaced(change) && isSource(change.name, changes)
              ? { keepEmptyValue: true }
              : {}),
          },
        ],
  );
}

/** Under a name of ours where it is the header script's to say whether an answer gets it. */
function nameOf(change: HeaderChange): string {
  return change.kind === "add" && change.on === "success"
    ? `${onSuccessPrefix}${change.name}`
    : change.name;
}

/**
 * The names of what is removed first; what is set to something that may turn out empty is among them. Envoy would leave what
 * the client sent under that name, who could so say what only the gate may say. A header that another one is made of stays
 * until then, and is emptied.
 */
export function headersToRemove(changes: readonly HeaderChange[]): readonly string[] {
  return changes.flatMap((change) =>
    change.kind === "remove" || (isReplaced(change) && !isSource(change.name, changes))
      ? [change.name]
      : [],
  );
}

function isReplaced(change: HeaderChange): boolean {
  return change.kind === "set" && mayBeEmpty(change.value);
}

/** Whether the value of a header is made of the client's header of that name. */
function isSource(name: string, changes: readonly HeaderChange[]): boolean {
  return changes.some((change) => {
    const parts = change.kind === "remove" || typeof change.value === "string" ? [] : change.value;
    return parts.some(
      (part) => typeof part !== "string" && part.kind === "header" && part.name === name,
    );
  });
}

function mayBeEmpty(text: Text): boolean {
  const parts = typeof text === "string" ? [text] : text;
  return parts.every((part) => part === "" || (typeof part !== "string" && mayLack(part)));
}

/** What the client's request or connection may lack. */
function mayLack({ kind }: Variable): boolean {
  return ["header", "response-header", "tls", "client-certificate", "origin-among"].includes(kind);
}
