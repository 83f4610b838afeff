/** What holds for a whole host of an Ingress: its certificate, and where requests are sent before any path is looked at. */

import type { Redirect } from "#model/action.ts";
import type { CertificateUse } from "#model/fragment.ts";
import type { Host } from "#model/host.ts";
import type { Route } from "#model/route.ts";
import type { Text } from "#model/text.ts";
import { certificatesOfIngress } from "../../common/ingress-certificates.ts";
import { annotationField } from "../../common/support.ts";
import { redirectCode } from "../features/routes/action.ts";
import { checkName, isSubdomain } from "../names.ts";
import { placeOf, refuses, warns } from "../report.ts";
import { type Asked, reportSecret } from "../tls-secret.ts";
import type { Reading } from "./reading.ts";
import { countOf, flagOf, isOn, type Told, textOf } from "./values.ts";

const everything = { kind: "prefix", path: "/" } as const;
const overHttp = { subject: { kind: "scheme" }, value: "http" } as const;
const overHttps = { subject: { kind: "scheme" }, value: "https" } as const;

const sslRedirect = "nginx.org/ssl-redirect";
const oldRedirect = "ingress.kubernetes.io/ssl-redirect";
const toHttps = "nginx.org/redirect-to-https";
const appRoot = "nginx.org/app-root";

export interface ServerTls {
  /** Whether handshakes are made for the host, though they may fail. */
  readonly isTls: boolean;
  readonly certificates: readonly CertificateUse[];
}

/** The entry that names the host decides, the last one if there are several; one without hosts means nothing to nginx. */
export function serverTls(text: string, host: Host, reading: Reading): ServerTls {
  const { object, spec, report, world, settings } = reading;
  const index = (spec.tls ?? []).findLastIndex((entry) => entry?.hosts?.includes(text) === true);
  const entry = spec.tls?.[index];
  if (entry === undefined) return { isTls: false, certificates: [] };
  const at = `spec.tls[${index}]`;
  const { secretName = "" } = entry;
  if (secretName === "") {
    warns(report, at, {
      reason: "NoSecret",
      message: `TLS termination for host '${text}' requires specifying a TLS secret; HTTPS is not served for it`,
      advice: "add secretName",
    });
    return { isTls: true, certificates: [] };
  }
  const place = `${at}.secretName`;
  const name = checkName(secretName, place, report, isSubdomain);
  if (name === undefined) return { isTls: true, certificates: [] };
  const secret = { namespace: report.origin.namespace, name };
  const asked = (): Asked => certificatesOfIngress(object, settings);
  const refused = "HTTPS handshakes of its hosts";
  reportSecret(secret, { at: place, refused }, report, { world, asked });
  return { isTls: true, certificates: [{ host, secret, origin: placeOf(report, place) }] };
}

/** Where requests are sent away to, before all paths. `at`: the host's place. */
export function redirectsOf(
  told: Told,
  { isTls, at, port }: { readonly isTls: boolean; readonly at: string; readonly port: number },
): readonly Route[] {
  const { report } = told;
  const code = countOf(told, "nginx.org/http-redirect-code");
  const status = redirectCode(code, annotationField("nginx.org/http-redirect-code"), report);
  const origin = placeOf(report, at);
  const sendTo = (location: Text): Route => ({
    match: everything,
    conditions: [overHttp],
    action: { kind: "redirect", status, location } satisfies Redirect,
    origin,
  });
  const isWanted = isRedirecting(told);
  const isProxied = isOn(told, toHttps);
  return [
    // As nginx writes it, with the port.
    ...(isTls && isWanted
      ? [sendTo(["https://", { kind: "host" }, `:${port}`, { kind: "target" }])]
      : []),
    ...(isProxied ? [sendTo(["https://", { kind: "host" }, { kind: "target" }])] : []),
    ...rootOf(told, origin),
  ];
}

function isRedirecting(told: Told): boolean {
  const { text, report } = told;
  if (text(oldRedirect) === undefined) return flagOf(told, sslRedirect) ?? true;
  warns(report, annotationField(oldRedirect), {
    reason: "OldAnnotation",
    message: `The annotation '${oldRedirect}' is deprecated and will be removed. Please use '${sslRedirect}' instead.`,
    advice: "use the other one",
  });
  return flagOf(told, sslRedirect) ?? flagOf(told, oldRedirect) ?? true;
}

/** `/` itself is sent to the application's own beginning. */
function rootOf(told: Told, origin: Route["origin"]): readonly Route[] {
  const path = textOf(told, appRoot);
  if (path === undefined) return [];
  const isPath = /^\/[A-Za-z0-9\-_.!*'():@&=+,/?%]+$/.test(path);
  if (!isPath || path.startsWith("//") || path.endsWith("/") || path.split("/").includes("..")) {
    const detail = "must be a path other than '/', without '~', whitespace or a '/' at its end";
    refuses(told.report, annotationField(appRoot), path, detail);
    return [];
  }
  const location: Text = [{ kind: "scheme" }, "://", { kind: "header", name: "host" }, path];
  const action: Redirect = { kind: "redirect", status: 302, location };
  return [{ match: { kind: "exact", path: "/" }, action, origin }];
}

/** `hsts`: what comes over HTTPS is told to go on so. Absent or off: routes stay as they are. */
export function strictTransport(
  told: Told,
  { isTls }: { readonly isTls: boolean },
): (routes: readonly Route[]) => readonly Route[] {
  const isWanted = isOn(told, "nginx.org/hsts");
  const maxAge = countOf(told, "nginx.org/hsts-max-age") ?? 2_592_000;
  const withSubdomains = isOn(told, "nginx.org/hsts-include-subdomains");
  const isBehindProxy = isOn(told, "nginx.org/hsts-behind-proxy");
  if (!isWanted || !(isTls || isBehindProxy)) return (routes) => routes;
  const value = `max-age=${maxAge}; ${withSubdomains ? "includeSubDomains; " : ""}preload`;
  const name = "strict-transport-security";
  return (routes) =>
    routes.flatMap((route) => [
      withHeader(
        { ...route, conditions: [...(route.conditions ?? []), overHttps] },
        { kind: "set", name, value },
      ),
      withHeader(route, { kind: "remove", name }),
    ]);
}

function withHeader(
  route: Route,
  change: NonNullable<Extract<Route["action"], { kind: "forward" }>["responseHeaders"]>[number],
): Route {
  const { action } = route;
  if (action.kind !== "forward" && action.kind !== "respond") return route;
  if (action.kind === "respond" && change.kind === "remove") return route;
  return {
    ...route,
    action: { ...action, responseHeaders: [...(action.responseHeaders ?? []), change] },
  };
}
