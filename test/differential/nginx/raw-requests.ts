/** Requests that are sent as they are, and answers as texts that can be compared. */

import type { Answer, Request } from "#test/simulators/nginx-locations.ts";
import { sendText, type WireAnswer } from "#test/system/wire-client.ts";

/** Sends a request to a host; the host of a URL counts, not the header, and is made the same. */
export function send(
  port: number,
  host: string,
  { method, target, headers }: Request,
): Promise<WireAnswer> {
  const asked = target.replace(/^([\w+.-]+:\/\/)host\.test/i, `$1${host}`);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `${method} ${asked} HTTP/1.1\r\nHost: ${host}\r\n${lines.join("")}Connection: close\r\n\r\n`;
  return sendText({ port }, Buffer.from(text, "latin1"));
}

/** What the judge says; `passed`: the text of an answer that came from an upstream. */
export function formatAnswer(
  answer: Answer,
  passed: (answer: Extract<Answer, { kind: "passed" }>) => string,
): string {
  switch (answer.kind) {
    case "passed":
      return passed(answer);
    case "slash":
      return `301 to ${answer.to}`;
    case "status":
      return `${answer.status}`;
  }
}

/** What came; `passed`: the text of the body of an upstream. */
export function formatWire(
  { status, headers, body }: WireAnswer,
  passed: (body: string) => string,
): string {
  if (status === 301) return `301 to ${headers["location"]?.replace(/^http:\/\/[^/]*/, "")}`;
  return status === 200 ? passed(body) : `${status}`;
}
