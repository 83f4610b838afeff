/** What is worked on first: issuers, then certificates that are over soonest, last those that there never were. */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { parseKey } from "#kinds/object.ts";
import { requestAnnotations } from "../annotations.ts";
import { instantOf } from "../certificate-status.ts";
import type { World } from "./world.ts";

/** The smaller the sooner; `key` as `formatKey` gives it. */
export function urgencyOf({ view }: World, key: string): number {
  const { kind, namespace, name } = parseKey(key);
  if (kind === certificateKind.id) return endOf(view.get(kind, namespace, name)?.status);
  if (kind !== certificateRequestKind.id) return Number.NEGATIVE_INFINITY;
  const annotations = view.get(kind, namespace, name)?.metadata.annotations ?? {};
  const certificate = annotations[requestAnnotations.certificate] ?? "";
  return endOf(view.get(certificateKind.id, namespace, certificate)?.status);
}

function endOf(status: unknown): number {
  const notAfter = isJsonObject(status as JsonObject)
    ? (status as JsonObject)["notAfter"]
    : undefined;
  return instantOf(notAfter)?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
}
