/** What httpbin says about a request, and the forms of its answers. */

import type { IncomingMessage } from "node:http";

export interface Question {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string | Buffer;
}

/** Headers that proxies add: left out unless the query says `show_env`, as httpbin does. */
const proxyHeaders: ReadonlySet<string> = new Set([
  "X-Varnish",
  "X-Request-Start",
  "X-Heroku-Queue-Depth",
  "X-Heroku-Queue-Wait-Time",
  "X-Heroku-Dynos-In-Use",
  "X-Real-Ip",
  "X-Forwarded-Proto",
  "X-Forwarded-Protocol",
  "X-Forwarded-Ssl",
  "X-Forwarded-For",
  "X-Forwarded-Port",
  "X-Request-Id",
  "Via",
  "Total-Route-Time",
  "Connect-Time",
]);

/** Headers in Title-Case, several of one name joined by commas. */
export function shownHeaders(question: Question): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const { rawHeaders } = question.request;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = titleCase(`${rawHeaders[index]}`);
    if (proxyHeaders.has(name) && !question.url.searchParams.has("show_env")) continue;
    const value = `${rawHeaders[index + 1]}`;
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return headers;
}

function titleCase(name: string): string {
  return name.toLowerCase().replace(/(^|[^a-z])[a-z]/g, (part) => part.toUpperCase());
}

/** The query or form as a mapping; a name given several times has a list. */
export function pairs(search: URLSearchParams): Readonly<Record<string, string | string[]>> {
  const names = new Set(search.keys());
  return Object.fromEntries(
    [...names].map((name) => {
      const all = search.getAll(name);
      return [name, all.length === 1 ? `${all[0]}` : all];
    }),
  );
}

/** The URL as the client saw it: the scheme is the one a proxy reports. */
export function shownUrl({ request, url }: Question): string {
  const scheme = first(request.headers["x-forwarded-proto"]) ?? "http";
  return `${scheme}://${request.headers.host ?? ""}${url.pathname}${url.search}`;
}

/** The client's address, as a proxy reports it or as the socket knows it. */
export function origin({ request }: Question): string {
  return first(request.headers["x-forwarded-for"]) ?? request.socket.remoteAddress ?? "";
}

/** What `/post` and `/anything` say of a body: form, data, files, json. */
export function bodyFields({ request, body }: Question): Readonly<Record<string, unknown>> {
  const type = request.headers["content-type"] ?? "";
  const text = body.toString("utf8");
  if (type.startsWith("application/x-www-form-urlencoded")) {
    return { data: "", files: {}, form: pairs(new URLSearchParams(text)), json: null };
  }
  const isText = Buffer.from(text, "utf8").equals(body);
  const encoded = `data:${type || "application/octet-stream"};base64,${body.toString("base64")}`;
  return { data: isText ? text : encoded, files: {}, form: {}, json: parseOrNull(text) };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // httpbin shows null for a body that is no JSON.
    return null;
  }
}

/** JSON with sorted keys and two spaces, as httpbin prints it. */
export function json(value: unknown, status = 200): Answer {
  const body = `${JSON.stringify(sorted(value), undefined, 2)}\n`;
  return { status, headers: { "Content-Type": "application/json" }, body };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => sorted(entry));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, entry]) => [name, sorted(entry)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** A text answer. */
export function plain(status: number, body: string | Buffer, type = "text/plain"): Answer {
  return { status, headers: { "Content-Type": type }, body };
}

/** A short HTML page for errors. */
export function page(status: number, title: string, text: string): Answer {
  const body = `<!doctype html>\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n`;
  return plain(status, body, "text/html; charset=utf-8");
}

/** The first of a header's values. */
export function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}
