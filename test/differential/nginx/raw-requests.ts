/** Requests that are sent as they are, and answers as texts that can be compared. */

import type { Answer, Request } from "#test/simulators/nginx-locations.ts";
import { sendText, type WireAnswer } from "#test/system/harness/wire-client.ts";
import { type Asked, statusHeader } from "./real/echo.ts";

/** What the judge calls every host. */
const anyHost = "host.test";

/** Sends a request to a host; the host of a URL counts, not the header, and is made the same. */
export function send(
  port: number,
  host: string,
  { method, target, headers, upstreamStatus }: Request,
): Promise<WireAnswer> {
  const asked = target.replace(/^([\w+.-]+:\/\/)host\.test/i, `$1${host}`);
  const status = upstreamStatus === undefined ? {} : { [statusHeader]: `${upstreamStatus}` };
  const lines = Object.entries({ ...headers, ...status }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const text = `${method} ${asked} HTTP/1.1\r\nHost: ${host}\r\n${lines.join("")}Connection: close\r\n\r\n`;
  return sendText({ port }, Buffer.from(text, "latin1"));
}

export type Passed = Extract<Answer, { readonly kind: "passed" }>;

/** What the judge says; `passed`: the text of what an upstream was asked. */
export function formatAnswer(answer: Answer, passed: (answer: Passed) => string): string {
  switch (answer.kind) {
    case "passed":
      return `${answer.status} of ${passed(answer)}`;
    case "page":
      return `${answer.status} with ${answer.body}`;
    case "redirect":
      return `${answer.status} to ${answer.url}`;
    case "slash":
      return `301 to http://${anyHost}${answer.to}`;
    case "status":
      return `${answer.status}`;
  }
}

/** How the bodies of pages begin, so that nobody takes them for a server's own words. */
export const pageStart = "page ";

/** What came from a host; `passed`: the text of what an upstream was asked. */
export function formatWire(
  { status, headers, body }: WireAnswer,
  host: string,
  passed: (asked: Asked) => string,
): string {
  const ofAnyHost = (text: string): string =>
    text.replaceAll(new RegExp(`${RegExp.escape(host)}(:\\d+)?`, "g"), anyHost);
  const { location } = headers;
  if (location !== undefined) return `${status} to ${ofAnyHost(location)}`;
  if (body.startsWith("{")) return `${status} of ${passed(JSON.parse(body) as Asked)}`;
  return body.startsWith(pageStart) ? `${status} with ${ofAnyHost(body)}` : `${status}`;
}
