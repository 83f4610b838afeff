/** A record of the access log, back to the object and field that decided what it tells. */

import type { Origin } from "#base/origin.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import { kinds } from "#kinds/all.ts";
import type { Gateway } from "#model/gateway.ts";
import { normaliseHost } from "#model/lookup.ts";

const idByKind: ReadonlyMap<string, string> = new Map(kinds.map(({ kind, id }) => [kind, id]));

/**
 * A request's route says it; a handshake that failed was decided by what names a certificate for its server name now.
 * Undefined where no object did.
 */
export function originOfRecord(record: AccessRecord, gateway: Gateway): Origin | undefined {
  if (record.route !== undefined) return originOfRoute(record.route);
  if (record.method !== undefined) return undefined;
  const serverName = gateway.serverNameFor(normaliseHost(record.sni ?? ""));
  return serverName === undefined ? undefined : gateway.certificateOf(serverName)?.use.origin;
}

/** The origin that `formatOrigin` wrote; undefined for names that are no object of ours. */
function originOfRoute(name: string): Origin | undefined {
  const [object = "", ...path] = name.split(" ");
  const [kind = "", namespace = "", plain = "", ...rest] = object.split("/");
  const id = idByKind.get(kind);
  if (id === undefined || plain === "" || rest.length > 0) return undefined;
  return { kind: id, namespace, name: plain, path: path.join(" ") };
}
