/** Which path answers how. */

import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Answer, Question } from "./answer.ts";
import {
  bodyFields,
  first,
  json,
  origin,
  page,
  pairs,
  plain,
  shownHeaders,
  shownUrl,
} from "./answer.ts";
import { statusAnswer } from "./status.ts";

type Handler = (question: Question) => Answer | Promise<Answer>;

interface Route {
  readonly methods: readonly string[] | "any";
  readonly path: RegExp;
  readonly answer: (question: Question, parts: readonly string[]) => Answer | Promise<Answer>;
}

const get = ["GET", "HEAD"] as const;

const routes: readonly Route[] = [
  { methods: get, path: /^\/$/, answer: () => page(200, "httpbin", "A stand-in by Sekisho.") },
  { methods: get, path: /^\/get$/, answer: (question) => json(basics(question)) },
  ...["POST", "PUT", "PATCH", "DELETE"].map((method) => ({
    methods: [method],
    path: new RegExp(`^/${method.toLowerCase()}$`),
    answer: (question: Question) => json({ ...basics(question), ...bodyFields(question) }),
  })),
  { methods: "any", path: /^\/anything(\/.*)?$/, answer: anything },
  { methods: get, path: /^\/headers$/, answer: (q) => json({ headers: shownHeaders(q) }) },
  { methods: get, path: /^\/ip$/, answer: (question) => json({ origin: origin(question) }) },
  {
    methods: get,
    path: /^\/user-agent$/,
    answer: ({ request }) => json({ "user-agent": request.headers["user-agent"] ?? null }),
  },
  { methods: get, path: /^\/uuid$/, answer: () => json({ uuid: randomUUID() }) },
  {
    methods: "any",
    path: /^\/status\/([^/]+)$/,
    answer: (_, [codes]) => statusAnswer(codes ?? ""),
  },
  { methods: "any", path: /^\/delay\/(\d+(?:\.\d+)?)$/, answer: delayed },
  { methods: get, path: /^\/(?:relative-)?redirect\/(\d+)$/, answer: redirect },
  { methods: get, path: /^\/absolute-redirect\/(\d+)$/, answer: absoluteRedirect },
  { methods: "any", path: /^\/redirect-to$/, answer: redirectTo },
  { methods: get, path: /^\/basic-auth\/([^/]+)\/([^/]+)$/, answer: basicAuth },
  { methods: get, path: /^\/hidden-basic-auth\/([^/]+)\/([^/]+)$/, answer: hiddenBasicAuth },
  { methods: get, path: /^\/bearer$/, answer: bearer },
  { methods: get, path: /^\/cookies$/, answer: (q) => json({ cookies: cookies(q) }) },
  { methods: get, path: /^\/cookies\/set$/, answer: setCookies },
  { methods: "any", path: /^\/response-headers$/, answer: responseHeaders },
  { methods: get, path: /^\/bytes\/(\d+)$/, answer: (_, [count]) => bytes(count ?? "0") },
  { methods: get, path: /^\/stream\/(\d+)$/, answer: stream },
  { methods: get, path: /^\/gzip$/, answer: gzip },
  {
    methods: get,
    path: /^\/robots\.txt$/,
    answer: () => plain(200, "User-agent: *\nDisallow: /deny\n"),
  },
];

/** The handler of a path; for a path known under other methods one that says 405; undefined for an unknown path. */
export function findRoute(method: string, path: string): Handler | undefined {
  const known = routes.filter((route) => route.path.test(path));
  const route = known.find(({ methods }) => methods === "any" || methods.includes(method));
  if (route === undefined) return known.length === 0 ? undefined : () => notAllowed(known);
  const parts = (route.path.exec(path) ?? []).slice(1).map((part) => decode(part));
  return (question) => route.answer(question, parts);
}

function decode(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    // A broken escape is taken as it is written.
    return part ?? "";
  }
}

function notAllowed(known: readonly Route[]): Answer {
  const allow = known.flatMap(({ methods }) => methods).join(", ");
  const answer = page(405, "Method Not Allowed", "The method is not allowed for this URL.");
  return { ...answer, headers: { ...answer.headers, Allow: allow } };
}

function basics(question: Question): Readonly<Record<string, unknown>> {
  return {
    args: pairs(question.url.searchParams),
    headers: shownHeaders(question),
    origin: origin(question),
    url: shownUrl(question),
  };
}

function anything(question: Question): Answer {
  const { method } = question.request;
  return json({ ...basics(question), ...bodyFields(question), method });
}

async function delayed(question: Question, [seconds]: readonly string[]): Promise<Answer> {
  await delay(Math.min(Number(seconds), 10) * 1000);
  return json({ ...basics(question), ...bodyFields(question) });
}

function toLocation(location: string, status = 302): Answer {
  return {
    status,
    headers: { "Content-Type": "text/html; charset=utf-8", Location: location },
    body: "",
  };
}

function redirect(_: Question, [times]: readonly string[]): Answer {
  const left = Number(times) - 1;
  return toLocation(left > 0 ? `/relative-redirect/${left}` : "/get");
}

function absoluteRedirect(question: Question, [times]: readonly string[]): Answer {
  const left = Number(times) - 1;
  const base = new URL(shownUrl(question)).origin;
  return toLocation(`${base}${left > 0 ? `/absolute-redirect/${left}` : "/get"}`);
}

function redirectTo({ url }: Question): Answer {
  const status = Number(url.searchParams.get("status_code") ?? 302);
  const sane = status >= 300 && status < 400 ? status : 302;
  return toLocation(url.searchParams.get("url") ?? "/", sane);
}

function credentials({ request }: Question): string {
  const encoded = /^Basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  return Buffer.from(encoded, "base64").toString("utf8");
}

function basicAuth(question: Question, [user, password]: readonly string[]): Answer {
  if (credentials(question) === `${user}:${password}`) return json({ authenticated: true, user });
  return {
    status: 401,
    headers: { "WWW-Authenticate": 'Basic realm="Fake Realm"' },
    body: "",
  };
}

function hiddenBasicAuth(question: Question, parts: readonly string[]): Answer {
  const answer = basicAuth(question, parts);
  return answer.status === 200 ? answer : page(404, "Not Found", "The URL was not found.");
}

function bearer({ request }: Question): Answer {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (token !== undefined) return json({ authenticated: true, token });
  return { status: 401, headers: { "WWW-Authenticate": "Bearer" }, body: "" };
}

function cookies({ request }: Question): Readonly<Record<string, string>> {
  const given = (request.headers.cookie ?? "").split(/;\s*/).filter((entry) => entry !== "");
  return Object.fromEntries(
    given.map((entry) => {
      const equals = entry.indexOf("=");
      return equals < 0 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

function setCookies({ url }: Question): Answer {
  const set = [...url.searchParams].map(([name, value]) => `${name}=${value}; Path=/`);
  const answer = toLocation("/cookies");
  return { ...answer, headers: { ...answer.headers, "Set-Cookie": set } };
}

function responseHeaders({ url }: Question): Answer {
  const asked = pairs(url.searchParams);
  const answer = json(asked);
  return { ...answer, headers: { ...answer.headers, ...asked } };
}

function bytes(count: string): Answer {
  const length = Math.min(Number(count), 100 * 1024);
  return plain(200, randomBytes(length), "application/octet-stream");
}

function stream(question: Question, [count]: readonly string[]): Answer {
  const lines = Array.from({ length: Math.min(Number(count), 100) }, (_, id) =>
    JSON.stringify({ ...basics(question), id }),
  );
  return plain(200, lines.map((line) => `${line}\n`).join(""), "application/json");
}

function gzip(question: Question): Answer {
  const { method } = question.request;
  const encoding = first(question.request.headers["accept-encoding"]);
  const shown = {
    gzipped: true,
    headers: shownHeaders(question),
    method,
    origin: origin(question),
  };
  const answer = json({ ...shown, "accept-encoding": encoding ?? null });
  return {
    ...answer,
    headers: { ...answer.headers, "Content-Encoding": "gzip" },
    body: gzipSync(answer.body),
  };
}
