/** What a controller asks of the API server, counted from its audit log. */

import type { AuditedRequest } from "#test/lab/audit-log.ts";

export interface ApiUse {
  /** Writes of an object's status. */
  readonly statuses: number;
  readonly events: number;
  /** Leases, and what else is its own. */
  readonly otherWrites: number;
  /** Gets, lists and watches begun. */
  readonly reads: number;
  /** Of all these, those that the server refused. */
  readonly refused: number;
}

const readVerbs = ["get", "list", "watch"];

export function apiUseOf(requests: readonly AuditedRequest[]): ApiUse {
  const count = (isMeant: (request: AuditedRequest) => boolean): number =>
    requests.filter(isMeant).length;
  const isRead = ({ verb }: AuditedRequest): boolean => readVerbs.includes(verb);
  const isStatus = ({ resource }: AuditedRequest): boolean => resource.endsWith("/status");
  const isEvent = ({ resource }: AuditedRequest): boolean => resource === "events";
  return {
    statuses: count((request) => !isRead(request) && isStatus(request)),
    events: count((request) => !isRead(request) && isEvent(request)),
    otherWrites: count((one) => !isRead(one) && !isStatus(one) && !isEvent(one)),
    reads: count(isRead),
    refused: count(({ status }) => status >= 400),
  };
}
