/** What an API server answers other than success, in the words of the store (Kubernetes API conventions, "Response Status Kind"). */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { StoreError, type StoreErrorCode } from "../object-store.ts";

/** A message longer than this repeats what was sent. */
const longestMessage = 1024;

const codes: Readonly<Record<number, StoreErrorCode>> = {
  400: "invalid",
  401: "denied",
  403: "denied",
  404: "not-found",
  405: "invalid",
  406: "invalid",
  409: "conflict",
  410: "expired",
  413: "invalid",
  415: "invalid",
  422: "invalid",
};

/** The error for a status code and the body that came with it; `what` says what was asked: `GET /api/v1/services`. */
export function apiFailure(status: number, body: Json | undefined, what: string): StoreError {
  const said: JsonObject = isJsonObject(body) ? (body as JsonObject) : {};
  const message = typeof said["message"] === "string" ? said["message"] : `HTTP ${status}`;
  return new StoreError(
    codeOf(status, said["reason"], message),
    `${what}: ${message.slice(0, longestMessage)}`,
  );
}

function codeOf(status: number, reason: Json | undefined, message: string): StoreErrorCode {
  if (reason === "AlreadyExists") return "exists";
  // etcd's own limit lies below the API server's, which has no word for it.
  if (status === 500 && message.includes("request is too large")) return "invalid";
  return codes[status] ?? "unavailable";
}
