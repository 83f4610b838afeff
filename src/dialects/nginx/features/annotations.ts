/** Annotations by which the controller extends Ingress, and what becomes of each. */

import { ingressKind } from "#kinds/ingress.ts";
import {
  annotationField,
  honoured,
  refused,
  type SupportRow,
  type Told,
} from "../../common/support.ts";

const kind = ingressKind.id;

function named(prefix: string, ...names: readonly string[]): readonly string[] {
  return names.map((name) => annotationField(`${prefix}/${name}`));
}

function approximated(how: string, ...fields: readonly string[]): readonly SupportRow[] {
  return fields.map((field) => ({ kind, field, support: "approximated", how }));
}

const told: Told = {
  severity: "warning",
  reason: "AnnotationNotServed",
  advice: "remove it, or check that nobody relies on what it did",
};

/** What is told of them depends on their values, and their features tell it. */
const untold: readonly SupportRow[] = [
  ...refused(
    kind,
    { why: "nginx's own language is not understood, so 503" },
    ...named("nginx.org", "server-snippets", "location-snippets"),
  ),
  ...refused(
    kind,
    { why: "its rules are for a module of F5's own, which nothing else can read, so 503" },
    ...named("appprotect.f5.com", "app-protect-enable", "app-protect-policy"),
  ),
];

export const annotationSupport: readonly SupportRow[] = [
  ...honoured(
    kind,
    ...named("nginx.org", "mergeable-ingress-type", "ssl-redirect", "http-redirect-code"),
    ...named("nginx.org", "hsts", "hsts-max-age", "hsts-include-subdomains", "app-root"),
    ...named("nginx.org", "rewrites", "rewrite-target", "path-regex", "use-cluster-ip"),
    ...named("nginx.org", "add-header", "add-header-inherit"),
    ...named("nginx.org", "ssl-services", "grpc-services", "proxy-set-headers"),
    ...named("nginx.org", "proxy-hide-headers", "proxy-pass-headers", "proxy-connect-timeout"),
    ...named("nginx.org", "client-max-body-size", "proxy-next-upstream-tries", "max-fails"),
    ...named("nginx.org", "max-conns", "fail-timeout", "basic-auth-secret", "basic-auth-realm"),
    ...named("nginx.org", "limit-req-rate", "limit-req-reject-code", "limit-req-no-delay"),
    ...named("nginx.org", "limit-req-dry-run", "policies"),
    ...named(
      "nginx.com",
      "policies",
      "jwt-key",
      "jwt-realm",
      "jwt-token",
      "jwt-login-url",
      "slow-start",
    ),
    annotationField("ingress.kubernetes.io/ssl-redirect"),
  ),
  ...approximated(
    "X-Forwarded-Proto is believed from the proxies that the gate trusts, and from nobody else",
    ...named("nginx.org", "redirect-to-https", "hsts-behind-proxy"),
  ),
  ...approximated(
    "a stream with no byte either way for so long is ended",
    ...named("nginx.org", "proxy-read-timeout"),
  ),
  ...approximated("it is within proxy-read-timeout", ...named("nginx.org", "proxy-send-timeout")),
  ...approximated(
    "WebSockets of the other Services pass, too",
    ...named("nginx.org", "websocket-services"),
  ),
  ...approximated(
    "hash takes one variable; least_time is the lesser of two by requests under way",
    ...named("nginx.org", "lb-method"),
  ),
  ...approximated(
    "the cookie is hashed, so some clients move when endpoints come or go",
    ...named("nginx.org", "sticky-cookie-services"),
    ...named("nginx.com", "sticky-cookie-services"),
  ),
  ...approximated(
    "what may have had an effect is tried again only by its status",
    ...named("nginx.org", "proxy-next-upstream"),
  ),
  ...approximated(
    "as many tries as fit by proxy-connect-timeout, and two at least",
    ...named("nginx.org", "proxy-next-upstream-timeout"),
  ),
  ...approximated(
    "connections are kept for a minute, however many they are",
    ...named("nginx.org", "keepalive"),
  ),
  ...approximated(
    "bodies are passed on as they come, and of each a bounded part is in memory",
    ...named("nginx.org", "proxy-buffering", "proxy-buffers", "proxy-buffer-size"),
    ...named("nginx.org", "proxy-busy-buffers-size", "client-body-buffer-size"),
  ),
  ...approximated(
    "what comes within the burst passes at once",
    ...named("nginx.org", "limit-req-burst", "limit-req-delay"),
  ),
  ...approximated(
    "one key is kept for each KiB, the last ones that came",
    ...named("nginx.org", "limit-req-zone-size"),
  ),
  ...approximated(
    "keys of texts and those variables that a Policy may name; others are refused",
    ...named("nginx.org", "limit-req-key"),
  ),
  ...approximated(
    "each proxy counts for itself, and the rate is not divided among them",
    ...named("nginx.org", "limit-req-scale"),
  ),
  ...approximated(
    "what is limited is in the access log, whatever its level",
    ...named("nginx.org", "limit-req-log-level"),
  ),
  ...approximated("versions are never told", ...named("nginx.org", "server-tokens")),
  ...approximated(
    "the gate has its own ciphers, all of them safe",
    ...named("nginx.org", "ssl-ciphers", "ssl-prefer-server-ciphers"),
  ),
  ...approximated(
    "endpoints are asked as the readiness probes of those pods ask that are known here",
    ...named("nginx.com", "health-checks"),
  ),
  ...approximated(
    "endpoints are always checked before they get requests, and requests do not wait for that",
    ...named("nginx.com", "health-checks-mandatory", "health-checks-mandatory-queue"),
  ),
  ...refused(
    kind,
    { why: "memory is bounded otherwise", told: { ...told, severity: "info" } },
    ...named("nginx.org", "upstream-zone-size", "proxy-max-temp-file-size"),
  ),
  ...approximated(
    "a pattern, or a text with variables that are not known here, leaves Location as it is",
    ...named("nginx.org", "proxy-redirect-to", "proxy-redirect-from"),
  ),
  ...approximated(
    "clients get the status alone, without a page of the default backend",
    ...named("nginx.org", "custom-http-errors"),
  ),
  ...approximated(
    "a host is served either at the gate's own ports, or at others alone",
    ...named("nginx.org", "listen-ports", "listen-ports-ssl"),
  ),
  ...refused(
    kind,
    { why: "it says what App Protect logs, a module of F5's own that is not here", told },
    ...named("appprotect.f5.com", "app-protect-security-log", "app-protect-security-log-enable"),
    ...named("appprotect.f5.com", "app-protect-security-log-destination"),
  ),
  ...refused(
    kind,
    {
      why: "it is for App Protect DoS, a module of F5's own; floods are not looked for here",
      told,
    },
    ...named("appprotectdos.f5.com", "app-protect-dos-resource"),
  ),
  ...refused(
    kind,
    { why: "it belongs to a template, and none is read", told },
    // Those that the controller's own examples and tests give to templates of their own.
    ...named("custom.nginx.org", "feature-a", "feature-b", "test-split-feature"),
  ),
  ...untold,
];
