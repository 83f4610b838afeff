import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditedRequest } from "#test/lab/audit-log.ts";
import { apiUseOf } from "./api-use.ts";

function request(verb: string, resource: string, status = 200): AuditedRequest {
  const nobody = { path: "", user: "", pod: "", namespace: undefined, name: undefined };
  return { verb, resource, status, apiGroup: "", ...nobody };
}

test("requests are told apart by what they are for, and those refused are counted besides", () => {
  const use = apiUseOf([
    request("list", "ingresses"),
    request("watch", "ingresses"),
    request("patch", "ingresses/status"),
    request("update", "ingresses/status", 409),
    request("create", "events"),
    request("get", "leases"),
    request("update", "leases"),
  ]);
  assert.deepEqual(use, { statuses: 2, events: 1, otherWrites: 1, reads: 3, refused: 1 });
});
