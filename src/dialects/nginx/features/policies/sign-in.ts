/** Rules of a Policy that let in who signed in at an OpenID Connect provider. */

import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { Forward } from "#model/action.ts";
import type { Backend } from "#model/backend.ts";
import { type OidcProtection, type Protection, protectionName } from "#model/protection.ts";
import type { Route } from "#model/route.ts";
import { findEntry, type RuleContext } from "../../policy-secrets.ts";
import { askedAt } from "../../policy-services.ts";
import { passHeaders } from "../routes/headers.ts";
import { orderLocations, type PlacedLocation } from "../routes/locations.ts";

type PolicySpec = NonNullable<Policy["spec"]>;
type Rule = NonNullable<PolicySpec["oidc"]>;

/** A provider that takes another key may sign with it at once. */
const keepMs = 300_000;
const failureStatus = 500;
const logoutPath = "/logout";

/** What the rule asks for; else why it cannot be applied, as the end of a sentence about the Policy. */
export function oidc(
  { oidc: rule = {} }: PolicySpec,
  context: RuleContext,
): Result<OidcProtection, string> {
  const missing = (["authEndpoint", "tokenEndpoint", "jwksURI", "clientID"] as const).find(
    (field) => (rule[field] ?? "") === "",
  );
  if (missing !== undefined) return err(`is invalid: spec.oidc.${missing}: Required value`);
  const texts = textsOf(rule);
  if (!texts.ok) return texts;
  const { clientSecret: secret = "" } = rule;
  if (secret === "" && rule.pkceEnable !== true)
    return err("is invalid: spec.oidc.clientSecret: Required value");
  const found = secret === "" ? ok(undefined) : findEntry(secret, oidcSecret, context);
  if (!found.ok) return found;
  const token = askedAt(rule.tokenEndpoint ?? "", rule, context);
  if (!token.ok) return err(atField("tokenEndpoint", token.error));
  const keys = askedAt(rule.jwksURI ?? "", rule, context);
  if (!keys.ok) return err(atField("jwksURI", keys.error));
  return ok({
    ...({ kind: "oidc", token: token.value, keys: { ...keys.value, keepMs } } as const),
    ...texts.value,
    ...(found.value === undefined ? {} : { clientSecret: found.value }),
    pkce: rule.pkceEnable === true,
    passesToken: rule.accessTokenEnable === true,
    ...{ failureStatus, origin: context.origin },
  });
}

const oidcSecret = { type: "nginx.org/oidc", key: "client-secret" } as const;

type Texts = Pick<
  OidcProtection,
  | "authEndpoint"
  | "clientId"
  | "scope"
  | "arguments"
  | "redirectPath"
  | "endSession"
  | "afterLogout"
>;

function textsOf(rule: Rule): Result<Texts, string> {
  const { authEndpoint = "", clientID = "", scope = "openid", redirectURI = "/_codexch" } = rule;
  const { endSessionEndpoint = "", postLogoutRedirectURI = "/_logout", authExtraArgs = [] } = rule;
  const scopes = scope.split(/[+ ]/);
  const problems = {
    authEndpoint: isUrl(authEndpoint) ? "" : "must be a URL",
    endSessionEndpoint:
      endSessionEndpoint === "" || isUrl(endSessionEndpoint) ? "" : "must be a URL",
    scope: scopes.includes("openid") ? "" : "openid is required",
    redirectURI: /^\/[^?#]+$/.test(redirectURI) ? "" : "must be a path",
    authExtraArgs: authExtraArgs.every((one) => /^[^=&\s]+=[^&\s]*$/.test(one))
      ? ""
      : "must be name=value",
  };
  for (const [field, problem] of Object.entries(problems))
    if (problem !== "") return err(atField(field, problem));
  return ok({
    ...{ authEndpoint, clientId: clientID, scope: scopes.join(" "), arguments: authExtraArgs },
    redirectPath: redirectURI,
    ...(endSessionEndpoint === "" ? {} : { endSession: endSessionEndpoint }),
    afterLogout: postLogoutRedirectURI,
  });
}

function isUrl(text: string): boolean {
  return ["http:", "https:"].includes(URL.parse(text)?.protocol ?? "");
}

function atField(field: string, problem: string): string {
  return /^(must|openid)/.test(problem) ? `is invalid: spec.oidc.${field}: ${problem}` : problem;
}

/** The routes of a host's locations, with those that whoever signs users in needs there. */
export function orderWithSignIn(locations: readonly PlacedLocation[]): readonly Route[] {
  const own = orderLocations(locations);
  const pages = pageLocations(own, locations);
  const routes = pages.length === 0 ? own : orderLocations([...locations, ...pages]);
  return [...signInRoutes(routes), ...routes];
}

/** Pages of the services that decide; a path of the host's own goes before theirs. */
function pageLocations(
  routes: readonly Route[],
  locations: readonly PlacedLocation[],
): readonly PlacedLocation[] {
  const own = locations.flatMap(({ location }) =>
    location.kind === "prefix" ? [location.path] : [],
  );
  const found = new Map<string, PlacedLocation>();
  for (const route of routes)
    for (const protection of route.protections ?? []) {
      const pages = protection.kind === "external-request" ? protection.pages : undefined;
      if (pages === undefined || own.includes(pages.path) || found.has(pages.path)) continue;
      const { path, backend } = pages;
      const { clients, rateLimits } = route;
      const rest = {
        action: pageForward(backend),
        ...(clients === undefined ? {} : { clients }),
        ...(rateLimits === undefined ? {} : { rateLimits }),
        origin: protection.origin,
      };
      found.set(path, {
        location: { kind: "prefix", path, isFinal: false },
        routes: (match) => [{ match, ...rest }],
      });
    }
  return [...found.values()];
}

/** nginx's `proxy_read_timeout`. */
const idleTimeoutMs = 60_000;

/** As the controller has it: the pages learn where the user wants to go. */
function pageForward(backend: Backend): Forward {
  return {
    ...{ kind: "forward", backend, idleTimeoutMs, connectRetries: 1, unreachableStatus: 502 },
    ...passHeaders,
    requestHeaders: [
      ...passHeaders.requestHeaders,
      { kind: "set", name: "x-auth-request-redirect", value: [{ kind: "target" }] },
      { kind: "set", name: "x-scheme", value: [{ kind: "scheme" }] },
    ],
  };
}

/** The paths of whoever signs users in, in front of all others: they are answered wherever it protects something. */
function signInRoutes(routes: readonly Route[]): readonly Route[] {
  const first = new Map<string, { readonly route: Route; readonly protection: OidcProtection }>();
  for (const route of routes)
    for (const protection of route.protections ?? [])
      if (isSignIn(protection) && !first.has(protectionName(protection)))
        first.set(protectionName(protection), { route, protection });
  return [...first.values()].flatMap(({ route: { origin, clients, rateLimits }, protection }) => {
    const { redirectPath, afterLogout } = protection;
    const paths = [redirectPath, logoutPath, ...(afterLogout.startsWith("/") ? [afterLogout] : [])];
    return paths.map((path) => ({
      match: { kind: "exact", path } as const,
      action: { kind: "respond", status: 404 } as const,
      protections: [protection],
      ...(clients === undefined ? {} : { clients }),
      ...(rateLimits === undefined ? {} : { rateLimits }),
      origin,
    }));
  });
}

function isSignIn(protection: Protection): protection is OidcProtection {
  return protection.kind === "oidc";
}
