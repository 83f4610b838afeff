/** What an ACME server says when it refuses (RFC 8555 §6.7, RFC 9457), bounded: foreign text reaches statuses and Events. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { parseJson } from "./json-text.ts";

export interface Problem {
  /** Without `urn:ietf:params:acme:error:`. */
  readonly type: string;
  readonly detail: string;
  /** Of HTTP; 0 when it is part of an object. */
  readonly status: number;
}

const acmePrefix = "urn:ietf:params:acme:error:";
const maxTypeLength = 100;
const maxDetailLength = 400;
const maxSubproblems = 5;

/** The problem in the body of an answer; also of one that is none. */
export function problemOfAnswer(status: number, body: string): Problem {
  return readProblem(parseJson(body), status) ?? { type: "unknown", detail: "", status };
}

/** The problem that stands in an order or a challenge; undefined when there is none. */
export function problemIn(value: Json | undefined): Problem | undefined {
  return readProblem(value, 0);
}

/** `400 malformed: the detail` */
export function formatProblem({ type, detail, status }: Problem): string {
  const name = status === 0 ? type : `${status} ${type}`;
  return detail === "" ? name : `${name}: ${detail}`;
}

function readProblem(value: Json | undefined, status: number): Problem | undefined {
  if (!isJsonObject(value)) return undefined;
  const document = value as JsonObject;
  const type = bounded(document["type"], maxTypeLength);
  const details = [document["detail"], ...subproblems(document["subproblems"])];
  const detail = details.map((one) => bounded(one, maxDetailLength)).filter((one) => one !== "");
  return {
    type: type.startsWith(acmePrefix) ? type.slice(acmePrefix.length) : type || "unknown",
    detail: bounded(detail.join("; "), maxDetailLength),
    status,
  };
}

/** Of each identifier its own detail, as Let's Encrypt gives them for an order of many names. */
function subproblems(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).slice(0, maxSubproblems).flatMap((one) => {
    if (!isJsonObject(one)) return [];
    const { detail, identifier } = one as JsonObject;
    const name = isJsonObject(identifier) ? (identifier as JsonObject)["value"] : undefined;
    if (typeof detail !== "string") return [];
    return [typeof name === "string" ? `${name}: ${detail}` : detail];
  });
}

/** One line of printable characters. */
function bounded(value: Json | undefined, maxLength: number): string {
  if (typeof value !== "string") return "";
  const line = value
    .slice(0, 4 * maxLength)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}
