/** Paths of an Ingress → nginx locations, each with what it does. */

import { parseRe2 } from "#base/re2.ts";
import type { IngressBackend, IngressPath } from "#kinds/ingress.ts";
import type { Action, Rewrite } from "#model/action.ts";
import type { Route } from "#model/route.ts";
import { annotationField } from "../../common/support.ts";
import type { World } from "../../dialect.ts";
import { rewriteTarget } from "../features/routes/action.ts";
import type { PlacedLocation } from "../features/routes/locations.ts";
import {
  type Location,
  type PatternLocation,
  wholePatternFromStart,
} from "../features/routes/path.ts";
import { placeAction } from "../features/routes/route.ts";
import { hasSnippet } from "../features/unapplied.ts";
import { placeOf, refuses, requires, warns } from "../report.ts";
import { errorAnswersOf } from "./error-answers.ts";
import { guardOf } from "./guards.ts";
import { type Tellers, translateHeaders } from "./headers.ts";
import { locationsOf } from "./proxy-redirect.ts";
import { strictTransport } from "./server.ts";
import { type ServiceWishes, translateServiceBackend } from "./upstream.ts";
import { type Told, textOf } from "./values.ts";

const pathRegex = "nginx.org/path-regex";
const target = "nginx.org/rewrite-target";
const snippets = "nginx.org/location-snippets";

/** What all locations of one Ingress have in common. */
export interface LocationContext {
  readonly tellers: Tellers;
  readonly wishes: ServiceWishes;
  readonly world: World;
  /** Whether handshakes are made for the host. */
  readonly isTls: boolean;
  /** Whether something that is not done here keeps people out. */
  readonly isClosed: boolean;
  /** Whether the Ingress that has the host has a backend for what no path takes. */
  readonly hasDefaultBackend: boolean;
}

/** What paths of an Ingress become; made once for all of its paths. */
export function createPlacing(context: LocationContext): Placing {
  const { tellers, world, isClosed } = context;
  const headers = translateHeaders(tellers);
  const guard = guardOf(tellers, context, world);
  const answers = errorAnswersOf(tellers.location, context);
  const errorAnswers = answers.length > 0 ? answers : errorAnswersOf(tellers.server, context);
  const locations = locationsOf(tellers);
  const withTransport = strictTransport(tellers.server, context);
  const { location: told } = tellers;
  const isSnippetLost = hasSnippet(told.text(snippets), annotationField(snippets), told.report);
  const place = (location: Location, backend: IngressBackend, at: Place): PlacedLocation => {
    const upstream = translateServiceBackend(backend, at.backend, { ...context, told });
    const rewrite = rewriteOf(location, backend, context);
    const more = {
      ...(errorAnswers.length === 0 ? {} : { errorAnswers }),
      ...(rewrite === undefined ? {} : { rewrite }),
      ...(locations === undefined ? {} : { locations }),
    };
    const action: Action =
      isSnippetLost || isClosed
        ? { kind: "respond", status: 503 }
        : upstream === undefined
          ? { kind: "respond", status: 502 }
          : { ...upstream, ...headers, ...more };
    const placed = placeAction(location, at.entry, told.report, action);
    const routes: PlacedLocation["routes"] = (match): readonly Route[] =>
      guard(withTransport(placed.routes(match)));
    return { ...placed, routes, answersAt: placeOf(told.report, at.entry) };
  };
  return {
    path: ({ backend }, location, at) =>
      place(location, backend, { entry: at, backend: `${at}.backend` }),
    fallback: (backend, at) =>
      place({ kind: "prefix", path: "/", isFinal: false }, backend, { entry: at, backend: at }),
  };
}

export interface Placing {
  readonly path: (entry: IngressPath, location: Location, at: string) => PlacedLocation;
  /** For what no path takes. */
  readonly fallback: (backend: IngressBackend, at: string) => PlacedLocation;
}

interface Place {
  readonly entry: string;
  readonly backend: string;
}

/** How all paths of an Ingress are read. */
function kindOfPaths(told: Told): "case_sensitive" | "case_insensitive" | "exact" | undefined {
  const kind = told.text(pathRegex);
  if (kind === undefined) return undefined;
  if (kind === "case_sensitive" || kind === "case_insensitive" || kind === "exact") return kind;
  const detail = "allowed values: 'case_sensitive', 'case_insensitive' or 'exact'";
  return refuses(told.report, annotationField(pathRegex), kind, detail);
}

/** Prefix and ImplementationSpecific are raw prefixes for nginx, whatever core Ingress says of segments. */
export function locationOf(
  { path: text = "", pathType }: IngressPath,
  at: string,
  told: Told,
): Location | undefined {
  const kind = kindOfPaths(told);
  if (text === "" && pathType !== "ImplementationSpecific")
    return requires(told.report, at, "path is required for Exact and Prefix PathTypes");
  const path = text === "" ? "/" : text;
  const wrong = problemOf(path);
  if (wrong !== undefined) return refuses(told.report, at, path, wrong);
  if (kind === "case_sensitive" || kind === "case_insensitive")
    return { kind: "pattern", regex: `^${path}`, anyCase: kind === "case_insensitive" };
  if (kind === "exact" || pathType === "Exact") return { kind: "exact", path };
  return { kind: "prefix", path, isFinal: false };
}

function problemOf(path: string): string | undefined {
  if (path.startsWith("//")) return "protocol-relative URIs not allowed, must not start with '//'";
  if (path.split(/[/\\]/).includes(".."))
    return "path traversal not allowed, path must not contain '..' segments";
  if (!/^\/[^\s;]*$/.test(path))
    return "must start with / and must not include any whitespace character or `;`";
  if (/\{[^}]*[A-Za-z][^}]*\}/.test(path))
    return "must not include curly braces containing alphabetical characters";
  return /^\/etc\/|^\/root(\/|$)|^\/var(\/|$)/.test(path)
    ? "must not contain invalid paths"
    : undefined;
}

/** `rewrites` of the Service goes before `rewrite-target`. */
function rewriteOf(
  location: Location,
  { service }: IngressBackend,
  { tellers, wishes }: LocationContext,
): Rewrite | undefined {
  const { location: told } = tellers;
  const to = wishes.rewrites.get(service?.name ?? "");
  const whole = textOf(told, target);
  if (whole !== undefined) checkTarget(whole, told);
  if (to !== undefined) {
    if (location.kind !== "pattern") return { kind: "prefix", to };
    const detail =
      "cannot be used with path-regex: nginx takes no rewrite in a location that is a pattern";
    return refuses(told.report, annotationField("nginx.org/rewrites"), to, detail);
  }
  if (whole === undefined || told.text("nginx.org/rewrites") !== undefined) return undefined;
  const pattern = patternOf(location);
  const parsed = parseRe2(pattern.regex);
  if (!parsed.ok)
    return refuses(
      told.report,
      annotationField(target),
      pattern.regex,
      `must be a valid regular expression: ${parsed.error}`,
    );
  return {
    kind: "whole",
    pattern: wholePatternFromStart(pattern),
    to: rewriteTarget(whole, pattern),
  };
}

/** nginx's `rewrite` looks for the path's own text, as a pattern. */
function patternOf(location: Location): PatternLocation {
  return location.kind === "pattern"
    ? location
    : { kind: "pattern", regex: location.path, anyCase: false };
}

function checkTarget(text: string, { report, ...told }: Told): void {
  const at = annotationField(target);
  if (told.text("nginx.org/rewrites") !== undefined) {
    warns(report, at, {
      reason: "RewritesGoFirst",
      message:
        "nginx.org/rewrites and nginx.org/rewrite-target annotations are mutually exclusive; nginx.org/rewrites will take precedence",
      advice: "remove one of them",
    });
  }
  if (/^https?:\/\//.test(text)) {
    refuses(report, at, text, "absolute URLs not allowed in rewrite target");
    return;
  }
  const wrong = problemOf(text);
  if (wrong !== undefined) refuses(report, at, text, wrong);
  else if (/[;{}[\]|<>,^`~]/.test(text))
    refuses(
      report,
      at,
      text,
      "NGINX configuration syntax characters (;{}) and []|<>,^`~ not allowed in rewrite target",
    );
}
