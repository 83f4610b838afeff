/** Who may pass, by annotations: passwords, tokens, limits, and Policies that are named. What cannot be applied answers 500. */

import { ok, type Result } from "#base/result.ts";
import type { PolicyReference } from "#kinds/nginx/route.ts";
import type { ClientCertificates } from "#model/client-certificate.ts";
import type { Protection } from "#model/protection.ts";
import type { Route } from "#model/route.ts";
import { annotationField } from "../../common/support.ts";
import type { World } from "../../dialect.ts";
import { basicAuth } from "../features/policies/authorization.ts";
import { type KeptLimits, keepLimits } from "../features/policies/kept-limits.ts";
import {
  checkPolicies,
  clientCertificatesOf,
  type PolicyScope,
  protectionOf,
} from "../features/policies/policies.ts";
import { burstNote, type LimitWish, rateLimit } from "../features/policies/rate-limit.ts";
import { jwt } from "../features/policies/tokens.ts";
import { broken } from "../features/routes/action.ts";
import type { RuleContext } from "../policy-secrets.ts";
import { forbids, isTold, placeOf, type Report, refuses, tells, warns } from "../report.ts";
import type { Tellers } from "./headers.ts";
import { countOf, isOn, listOf, type Told, textOf } from "./values.ts";

const basicSecret = "nginx.org/basic-auth-secret";
const basicRealm = "nginx.org/basic-auth-realm";
const tokenKey = "nginx.com/jwt-key";
const limitRate = "nginx.org/limit-req-rate";
const limitKey = "nginx.org/limit-req-key";
const policyLists = ["nginx.org/policies", "nginx.com/policies"] as const;

/** What becomes of the routes that guards are for. */
export type Guard = (routes: readonly Route[]) => readonly Route[];

/**
 * The guards of a location. A password, a token or a policy of its own Ingress stands in the place of one that the host's
 * has; limits are its own, or those it inherits.
 */
export function guardOf({ location, server }: Tellers, { isTls }: ServerSide, world: World): Guard {
  const askers = [basicOf, tokenOf].map(
    (ask) => ask(location, world) ?? (server === location ? undefined : ask(server, world)),
  );
  const limit = limitOf(location);
  const policies = protectionOf(
    serverScope(server, { isTls }),
    server === location ? { ...emptyScope, report: location.report } : scopeOf(location),
    world,
  );
  checkPolicies(server === location ? serverScope(server, { isTls }) : scopeOf(location), world);
  const asked = askers.filter((one) => one !== undefined);
  const isBroken = asked.some(({ ok }) => !ok);
  const protections = asked.flatMap((one) => (one.ok ? [one.value] : []));
  return (routes) =>
    policies(routes).map((route) =>
      // What answers without an upstream, a browser's question before the request for instance, asks nobody for anything.
      route.action.kind !== "forward"
        ? route
        : {
            ...route,
            ...together(route, protections, limit, location),
            ...(isBroken ? { action: broken } : {}),
          },
    );
}

/** Whether handshakes are made for the host. */
interface ServerSide {
  readonly isTls: boolean;
}

function serverScope(told: Told, { isTls }: ServerSide): PolicyScope {
  return { ...scopeOf(told), place: isTls ? "server-with-tls" : "server" };
}

/** What clients of a host are asked to show in the handshake; undefined: nothing. */
export function clientsOf(
  told: Told,
  side: ServerSide,
  world: World,
): ClientCertificates | undefined {
  return clientCertificatesOf(serverScope(told, side), world);
}

const emptyScope: Omit<PolicyScope, "report"> = { references: [], at: "policies" };

/** What annotations ask for, beside what policies do. */
function together(
  route: Route,
  asked: readonly Protection[],
  limit: LimitWish | undefined,
  { report }: Told,
): Pick<Route, "protections" | "rateLimits"> & Partial<Pick<Route, "action">> {
  const kept = keepLimits(limit === undefined ? [] : [limit], {
    protections: [...(route.protections ?? []), ...asked],
    object: report.origin,
  });
  reportLimits(kept, report);
  if (!kept.ok) return { action: broken };
  const { protections, rateLimits } = kept.value;
  const both = [...(rateLimits?.limits ?? []), ...(route.rateLimits?.limits ?? [])];
  const status = limit?.status ?? route.rateLimits?.status;
  return {
    ...(protections.length === 0 ? {} : { protections }),
    ...(both.length === 0 || status === undefined ? {} : { rateLimits: { limits: both, status } }),
  };
}

function reportLimits(kept: Result<KeptLimits, string>, report: Report): void {
  const at = annotationField(limitKey);
  const text = kept.ok
    ? kept.value.note
    : {
        reason: "ProtectionNotApplied",
        message: `limits of annotation ${limitKey} ${kept.error}; requests get 500`,
        advice: "have them go by something else, or add what is missing",
      };
  if (text !== undefined && !isTold(report, placeOf(report, at), text))
    (kept.ok ? tells : warns)(report, at, text);
}

type Asked = Result<Protection, string> | undefined;

function basicOf(told: Told, world: World): Asked {
  const secret = textOf(told, basicSecret);
  const realm = told.text(basicRealm) ?? "";
  if (secret === undefined) {
    if (told.text(basicRealm) !== undefined && told.text(basicSecret) === undefined)
      forbids(
        told.report,
        annotationField(basicRealm),
        `related annotation ${basicSecret}: must be set`,
      );
    return undefined;
  }
  if (!/^([^"$\\]|\\[^$])*$/s.test(realm)) {
    const detail = `a valid realm must have all '"' escaped and must not contain any '$' or end with an unescaped '\\'`;
    refuses(told.report, annotationField(basicRealm), realm, detail);
  }
  const context = contextAt(basicSecret, told, world);
  return applied(basicAuth({ basicAuth: { secret, realm } }, context), basicSecret, told);
}

function tokenOf(told: Told, world: World): Asked {
  const secret = textOf(told, tokenKey);
  if (secret === undefined) return undefined;
  const realm = told.text("nginx.com/jwt-realm") ?? "";
  const token = told.text("nginx.com/jwt-token") ?? "";
  const signIn = loginUrl(told);
  // A Policy must have a realm; an annotation need not say one.
  const rule = { secret, realm: realm === "" ? "none" : realm, ...(token === "" ? {} : { token }) };
  const asked = jwt({ jwt: rule }, contextAt(tokenKey, told, world));
  const wanted = asked.ok
    ? ok({ ...asked.value, realm, ...(signIn === undefined ? {} : { signIn }) })
    : asked;
  return applied(wanted, tokenKey, told);
}

/** Where a browser is sent that has no good token. */
function loginUrl(told: Told): string | undefined {
  const name = "nginx.com/jwt-login-url";
  const text = textOf(told, name);
  if (text === undefined) return undefined;
  const isUrl = URL.canParse(text) && /^https?:\/\/[^\s"\\#;{}$`]+$/.test(text);
  if (isUrl) return text;
  const detail = "scheme required, please use the prefix http(s)://, and hostname required";
  return refuses(told.report, annotationField(name), text, detail);
}

function contextAt(annotation: string, { report }: Told, world: World): RuleContext {
  return { origin: placeOf(report, annotationField(annotation)), world };
}

/** The same, after a warning where nobody gets through. */
function applied<T>(
  asked: Result<T, string>,
  annotation: string,
  { report }: Told,
): Result<T, string> {
  if (asked.ok) return asked;
  warns(report, annotationField(annotation), {
    reason: "ProtectionNotApplied",
    message: `annotation ${annotation} ${asked.error}; requests get 500`,
    advice: "correct it, or remove it if what it is for is open to everybody",
  });
  return asked;
}

/** `limit-req-rate` and what goes with it; 429 where nothing else is said. */
function limitOf(told: Told): LimitWish | undefined {
  const rate = textOf(told, limitRate);
  const burst = countOf(told, "nginx.org/limit-req-burst");
  const delay = countOf(told, "nginx.org/limit-req-delay");
  const rejectCode = countOf(told, "nginx.org/limit-req-reject-code") ?? 429;
  const noDelay = isOn(told, "nginx.org/limit-req-no-delay");
  const dryRun = isOn(told, "nginx.org/limit-req-dry-run");
  isOn(told, "nginx.org/limit-req-scale");
  const zoneSize = textOf(told, "nginx.org/limit-req-zone-size") ?? "10m";
  const text = textOf(told, limitKey) ?? "$" + "{binary_remote_addr}";
  if (rate === undefined) return undefined;
  const key = text.replace(/\$([A-Za-z_]\w*)/g, "$${$1}");
  const rule = {
    ...{ rate: rate.trim(), key, zoneSize, rejectCode, noDelay, dryRun },
    ...(burst === undefined ? {} : { burst }),
    ...(delay === undefined ? {} : { delay }),
  };
  const limit = rateLimit({ rateLimit: rule }, placeOf(told.report, annotationField(limitRate)));
  if (!limit.ok) {
    const [, detail = limit.error] = /: ([^:]*)$/.exec(limit.error) ?? [];
    refuses(told.report, annotationField(limitRate), rate, detail);
    return undefined;
  }
  const note = burstNote({ rateLimit: rule });
  if (note !== undefined) tells(told.report, annotationField("nginx.org/limit-req-burst"), note);
  return limit.value;
}

/** The Policies that annotations name, in order, each once. */
function scopeOf(told: Told): PolicyScope {
  const given = policyLists.filter((name) => told.text(name) !== undefined);
  const [annotation = policyLists[0]] = given;
  const texts = new Set(given.flatMap((name) => listOf(told, name)));
  const references = [...texts].map(referenceOf);
  const report: Report = { ...told.report, place: () => annotationField(annotation) };
  return { references, at: "policies", report };
}

function referenceOf(text: string): PolicyReference {
  const [first = "", ...rest] = text.split("/");
  return rest.length === 0 ? { name: first } : { namespace: first, name: rest.join("/") };
}
