/** Changes of headers → Envoy's lists of what to add and what to remove; it removes first. */

import type { HeaderValueOptionSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import { HeaderValueOption_HeaderAppendAction } from "#gen/envoy/config/core/v3/base_pb.ts";
import type { HeaderChange } from "#model/header-change.ts";
import type { Host } from "#model/host.ts";
import type { Init } from "../encode.ts";
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
            header: { key: change.name, value: formatText(change.value, host) },
            appendAction:
              change.kind === "set" ? OVERWRITE_IF_EXISTS_OR_ADD : APPEND_IF_EXISTS_OR_ADD,
          },
        ],
  );
}

/** The names of what is removed. */
export function headersToRemove(changes: readonly HeaderChange[]): readonly string[] {
  return changes.flatMap((change) => (change.kind === "remove" ? [change.name] : []));
}
