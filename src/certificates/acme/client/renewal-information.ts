/** When an ACME server wants a certificate renewed (RFC 9773). */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { AcmeError } from "./acme-error.ts";
import { readObject, readText } from "./read-answer.ts";
import type { AcmeSession } from "./session.ts";

export interface RenewalInformation {
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
  /** A page that says why; empty: there is none. */
  readonly explanation: string;
  /** When to ask again, where the server says. */
  readonly retryAfter: Temporal.Duration | undefined;
}

const maxUrlLength = 500;

/** What the server suggests; undefined when it suggests nothing to anybody. */
export async function getRenewalInformation(
  session: AcmeSession,
  certificateId: string,
  signal: AbortSignal,
): Promise<RenewalInformation | undefined> {
  const { renewalInfo } = await session.directory(signal);
  if (renewalInfo === undefined) return undefined;
  const answer = await session.get(
    { action: "get_renewal_info", url: `${renewalInfo}/${certificateId}` },
    signal,
  );
  const value = readObject(answer);
  const window = value["suggestedWindow"];
  const given = isJsonObject(window) ? (window as JsonObject) : {};
  const [start, end] = [momentAt(given, "start"), momentAt(given, "end")];
  if (start === undefined || end === undefined || Temporal.Instant.compare(start, end) >= 0)
    throw new AcmeError("unreadable", "the server suggests a window that is none");
  const explanation = readText(value, "explanationURL");
  const isUrl = explanation.length <= maxUrlLength && URL.canParse(explanation);
  return {
    start,
    end,
    explanation: isUrl ? explanation : "",
    retryAfter: session.retryAfter(answer),
  };
}

function momentAt(object: JsonObject, name: string): Temporal.Instant | undefined {
  try {
    return Temporal.Instant.from(readText(object, name));
  } catch {
    // A text that is no moment: the window is none.
    return undefined;
  }
}
