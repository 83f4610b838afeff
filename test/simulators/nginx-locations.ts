/**
 * The independent judge of nginx: the locations of a server and a request in, the right answer out.
 *
 * Written from the documentation of nginx (ngx_http_core_module, _proxy_module, _rewrite_module, _map_module), slowly and
 * plainly, to be compared with what other programs make of the same rules; it shares no line with the program, and
 * test/differential/nginx/nginx-real.test.ts compares it with nginx itself.
 */

import { holds, type Inputs } from "./nginx/conditions.ts";
import type { Choice, Destination, Location, Pass, Reply, Rewrite } from "./nginx/location.ts";
import { compilePattern, utf8Bytes } from "./nginx/pattern.ts";
import { escapePath, isReadable, parseTarget, type Target } from "./nginx/request-target.ts";

export interface Request {
  readonly method: string;
  /** As on the wire, a character for each byte. */
  readonly target: string;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What every upstream answers to it. Default: 200. */
  readonly upstreamStatus?: number;
}

export type Answer =
  | {
      readonly kind: "passed";
      /** The place in the server's list. */
      readonly location: number;
      readonly upstream: string;
      /** The target of the request that the upstream gets, a character for each byte. */
      readonly target: string;
      /** Of the upstream. */
      readonly status: number;
    }
  /** What a location, or an error page, says itself. */
  | { readonly kind: "page"; readonly status: number; readonly body: string }
  | { readonly kind: "redirect"; readonly status: number; readonly url: string }
  /** The slash that the path of a location ends with, and that of the request lacks: 301. */
  | { readonly kind: "slash"; readonly to: string }
  | { readonly kind: "status"; readonly status: 400 | 404 | 414 | 500 };

/** large_client_header_buffers: a request line has to fit into one of them. */
const longestLine = 8192;
/** How often a request may be sent to another location. */
const mostChanges = 10;

/** How a server reads the targets of requests and writes those that it made itself. */
export interface Reading {
  /** The answer to a request that is none. */
  readonly parse: (request: Request) => Target | Answer;
  readonly escape: (path: string) => string;
  /** Whether a rewrite without a flag has a location looked for again. */
  readonly searchesAgain: boolean;
}

/** As nginx does. */
const ownReading: Reading = {
  parse: parseRequest,
  escape: escapePath,
  searchesAgain: true,
};

/** One of the answers that a request may get, and in how many of a hundred cases it does. */
export interface Chance {
  readonly percent: number;
  readonly answer: Answer;
}

/** All answers that `split_clients` may lead to. */
export function judgeChances(
  locations: readonly Location[],
  request: Request,
  reading: Reading = ownReading,
): readonly Chance[] {
  const bounds = [...new Set([0, ...locations.flatMap(boundsIn)])].sort((a, b) => a - b);
  return bounds.map((draw, index) => ({
    percent: (bounds[index + 1] ?? 100) - draw,
    answer: judge(locations, { request, draw }, reading),
  }));
}

/** Where one part of what is split ends and the next one begins. */
function boundsIn({ outcome }: Location): readonly number[] {
  if (outcome.kind !== "choice") return [];
  return [...outcome.cases.map(({ to }) => to), outcome.otherwise].flatMap((to) => {
    if (typeof to === "string") return [];
    const ends = to.map((_, index) => sum(to.slice(0, index + 1).map(({ percent }) => percent)));
    return ends.filter((end) => end < 100);
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((before, one) => before + one, 0);
}

/** The answer that a server of these locations owes to `request`; of those that are drawn, the first. */
export function judgeLocations(
  locations: readonly Location[],
  request: Request,
  reading: Reading = ownReading,
): Answer {
  return judge(locations, { request, draw: 0 }, reading);
}

/** `draw`: what `$request_id` comes to among a hundred. */
function judge(
  locations: readonly Location[],
  { request, draw }: { readonly request: Request; readonly draw: number },
  reading: Reading,
): Answer {
  const target = reading.parse(request);
  if ("kind" in target) return target;
  const inputs = { ...request, args: target.args, draw };
  let way: Way = { path: target.path, rewritten: false };
  for (let changes = 0; changes <= mostChanges; changes += 1) {
    const chosen = chooseLocation(locations, way.path);
    if (chosen === undefined) return status(404);
    const { location } = chosen;
    if (chosen.lacksSlash) {
      return { kind: "slash", to: reading.escape(utf8Bytes(location.text)) + target.query };
    }
    if (location.internal === true && !way.rewritten) return status(404);
    const step = goThrough(location, way, { target, inputs, reading });
    if (!("again" in step)) {
      return step.kind === "passed" ? { ...step, location: locations.indexOf(location) } : step;
    }
    way = step.again;
  }
  return status(500);
}

function parseRequest(request: Request): Target | Answer {
  const line = `${request.method} ${request.target} HTTP/1.1\r\n`;
  // A line is read as it comes: what is wrong in front is answered before its length is known.
  const start = request.target.slice(0, longestLine - request.method.length - 1);
  if (!isReadable(start)) return status(400);
  if (line.length > longestLine) return status(414);
  return parseTarget(request.target) ?? status(400);
}

function status(code: 400 | 404 | 414 | 500): Answer {
  return { kind: "status", status: code };
}

/** A request on its way through locations. */
interface Way {
  readonly path: string;
  /** Whether the path is that of a rewrite. */
  readonly rewritten: boolean;
}

type Passed = Omit<Extract<Answer, { readonly kind: "passed" }>, "location">;

type Step = { readonly again: Way } | Passed | Exclude<Answer, { readonly kind: "passed" }>;

interface Asked {
  readonly target: Target;
  readonly inputs: Inputs & Pick<Request, "upstreamStatus"> & { readonly draw: number };
  readonly reading: Reading;
}

function goThrough(
  { outcome, rewrites = [], text }: Location,
  way: Way,
  { target, inputs, reading }: Asked,
): Step {
  if (outcome.kind === "choice")
    return { again: { path: choose(outcome, inputs), rewritten: true } };
  if (outcome.kind !== "pass") return reply(outcome, target);
  const { path, rewritten, again } = rewrite(rewrites, way, target);
  if (again && reading.searchesAgain) return { again: { path, rewritten } };
  const { query } = target;
  const { upstream, uri } = outcome;
  const { upstreamStatus = 200 } = inputs;
  const page = errorPage(outcome, upstreamStatus, target);
  const passed = (asked: string): Step =>
    page ?? { kind: "passed", upstream, target: asked, status: upstreamStatus };
  if (uri === "the client's" || (uri === "the client's unless rewritten" && !rewritten)) {
    return passed(target.onTheWire);
  }
  // What was never encoded goes on as it came.
  const escape = (part: string): string =>
    target.encoded || rewritten ? reading.escape(part) : part;
  if (uri === "the client's unless rewritten") return passed(escape(path) + query);
  return passed(utf8Bytes(uri.instead) + escape(path.slice(utf8Bytes(text).length)) + query);
}

function choose({ cases, otherwise }: Choice, inputs: Asked["inputs"]): string {
  const chosen = cases.find(({ conditions }) => conditions.every((one) => holds(one, inputs)));
  return drawn(chosen?.to ?? otherwise, inputs.draw);
}

/** ngx_http_split_clients_module: parts one behind the other. */
function drawn(destination: Destination, draw: number): string {
  if (typeof destination === "string") return destination;
  let end = 0;
  for (const { percent, to } of destination) {
    end += percent;
    if (draw < end) return to;
  }
  throw new Error("parts are a hundred together");
}

function errorPage(
  { errorPages = [] }: Pass,
  upstreamStatus: number,
  target: Target,
): ReturnType<typeof reply> | undefined {
  const page = errorPages.find(({ codes }) => codes.includes(upstreamStatus));
  return page && reply({ code: upstreamStatus, ...page.reply }, target, upstreamStatus);
}

/** error_page: a URL that does not begin with a slash is where clients are sent. */
function reply(
  what: Reply,
  { onTheWire }: Target,
  upstreamStatus?: number,
): Extract<Answer, { readonly kind: "page" | "redirect" }> {
  const fill = (text: string): string =>
    utf8Bytes(text)
      .replaceAll(`\${scheme}`, "http")
      .replaceAll(`\${host}`, "host.test")
      .replaceAll(`\${upstream_status}`, `${upstreamStatus}`)
      .replaceAll(`\${request_uri}`, () => onTheWire);
  return what.kind === "page"
    ? { kind: "page", status: what.code, body: fill(what.body) }
    : { kind: "redirect", status: what.code, url: fill(what.url) };
}

function rewrite(
  rewrites: readonly Rewrite[],
  way: Way,
  target: Target,
): Way & { readonly again: boolean } {
  let { path, rewritten } = way;
  let again = false;
  for (const { pattern, replacement, flag } of rewrites) {
    const groups = compilePattern(pattern, false).match(path);
    if (groups === undefined) continue;
    rewritten = true;
    again = flag !== "break";
    path =
      typeof replacement === "string"
        ? utf8Bytes(replacement).replaceAll(
            /\$([0-9])/g,
            (_, digit: string) => groups[Number(digit)] ?? "",
          )
        : target.onTheWire.replace(/\?[\s\S]*$/, "");
    if (!again) break;
  }
  return { path, rewritten, again };
}

interface Chosen {
  readonly location: Location;
  /** The request asks for the location's path without its final slash. */
  readonly lacksSlash: boolean;
}

/**
 * "location": an exact one ends the search; else the longest prefix is remembered, and used at once if it says `^~`; else
 * the first regular expression that matches is used, else the remembered prefix.
 */
function chooseLocation(locations: readonly Location[], path: string): Chosen | undefined {
  const texts = new Map(locations.map((location) => [location, utf8Bytes(location.text)]));
  const fixed = locations.filter(({ modifier }) => !modifier.startsWith("~"));
  const exact = fixed.find((one) => one.modifier === "=" && texts.get(one) === path);
  if (exact !== undefined) return { location: exact, lacksSlash: false };
  const named = fixed.some((one) => texts.get(one) === path);
  // "If a location is defined by a prefix string that ends with the slash character, and requests are processed by
  // proxy_pass …": it holds for exact ones, too.
  const slashed = fixed.find(
    (one) => one.outcome.kind !== "choice" && texts.get(one) === `${path}/`,
  );
  if (!named && slashed !== undefined) return { location: slashed, lacksSlash: true };
  const prefix = fixed
    .filter((one) => one.modifier !== "=" && path.startsWith(texts.get(one) ?? ""))
    .reduce<Location | undefined>(
      (best, one) => (one.text.length > (best?.text.length ?? -1) ? one : best),
      undefined,
    );
  if (prefix?.modifier === "^~") return { location: prefix, lacksSlash: false };
  const expression = locations.find(
    ({ modifier, text }) =>
      modifier.startsWith("~") && compilePattern(text, modifier === "~*").match(path) !== undefined,
  );
  const location = expression ?? prefix;
  return location && { location, lacksSlash: false };
}
