/**
 * What of this dialect must be served: by tier, the annotations and the fields, each with all that is below it. The first
 * tiers are honoured or approximated; of the last one it is enough that it is known, and said why it is not served.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configMapKind } from "#kinds/config-map.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { globalConfigurationKind } from "#kinds/nginx/global-configuration.ts";
import { policyKind } from "#kinds/nginx/policy.ts";
import { transportServerKind } from "#kinds/nginx/transport-server.ts";
import { virtualServerKind } from "#kinds/nginx/virtual-server.ts";
import { virtualServerRouteKind } from "#kinds/nginx/virtual-server-route.ts";
import type { KindId } from "#kinds/object.ts";
import { annotationField, type SupportRow } from "../common/support.ts";
import { nginxSupport } from "./support.ts";

interface Tiers {
  /** What most manifests have. */
  readonly first: readonly string[];
  /** What many have, also of what the controller has with NGINX Plus alone. */
  readonly second: readonly string[];
  readonly known: readonly string[];
}

const org = (...names: readonly string[]): readonly string[] =>
  names.map((name) => annotationField(`nginx.org/${name}`));
const com = (...names: readonly string[]): readonly string[] =>
  names.map((name) => annotationField(`nginx.com/${name}`));

const tiers: Readonly<Record<KindId, Tiers>> = {
  [ingressKind.id]: {
    first: [
      annotationField("ingress.kubernetes.io/ssl-redirect"),
      ...org("ssl-redirect", "http-redirect-code", "redirect-to-https", "mergeable-ingress-type"),
      ...org("rewrites", "ssl-services", "grpc-services", "websocket-services", "lb-method"),
      ...org("proxy-connect-timeout", "proxy-read-timeout", "proxy-send-timeout"),
      ...org("client-max-body-size", "proxy-set-headers"),
      ...org("limit-req-rate", "limit-req-key", "limit-req-zone-size", "limit-req-burst"),
      ...org("limit-req-delay", "limit-req-no-delay", "limit-req-reject-code", "limit-req-scale"),
      ...org("limit-req-dry-run", "limit-req-log-level", "basic-auth-secret", "basic-auth-realm"),
    ],
    second: [
      ...org("hsts", "hsts-max-age", "hsts-include-subdomains", "hsts-behind-proxy"),
      ...org("rewrite-target", "path-regex", "app-root", "sticky-cookie-services"),
      ...org("proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-next-upstream-tries"),
      ...org("keepalive", "max-fails", "fail-timeout", "max-conns", "use-cluster-ip"),
      ...org("add-header", "proxy-hide-headers", "proxy-pass-headers", "policies"),
      ...org("custom-http-errors", "proxy-redirect-from", "proxy-redirect-to", "ssl-ciphers"),
      ...org("listen-ports", "listen-ports-ssl", "server-tokens"),
      ...com("jwt-key", "jwt-realm", "jwt-token", "jwt-login-url", "policies"),
      ...com("health-checks", "health-checks-mandatory", "health-checks-mandatory-queue"),
      ...com("slow-start", "sticky-cookie-services"),
    ],
    known: [
      ...org("server-snippets", "location-snippets"),
      ...[
        "policy",
        "enable",
        "security-log",
        "security-log-enable",
        "security-log-destination",
      ].map((name) => annotationField(`appprotect.f5.com/app-protect-${name}`)),
      annotationField("appprotectdos.f5.com/app-protect-dos-resource"),
    ],
  },
  [virtualServerKind.id]: {
    first: ["spec"],
    second: [],
    known: [
      ...["spec.dos", "spec.routes[].dos", "spec.http-snippets", "spec.server-snippets"],
      "spec.routes[].location-snippets",
    ],
  },
  [virtualServerRouteKind.id]: {
    first: ["spec"],
    second: [],
    known: ["spec.subroutes[].dos", "spec.subroutes[].location-snippets"],
  },
  [policyKind.id]: {
    first: [
      ...["spec.accessControl", "spec.rateLimit", "spec.basicAuth", "spec.ingressMTLS"],
      "spec.egressMTLS",
    ],
    second: [
      ...["spec.jwt", "spec.oidc", "spec.apiKey", "spec.externalAuth", "spec.cors", "spec.hsts"],
    ],
    known: ["spec.externalAuth.authSnippets", "spec.cache", "spec.waf"],
  },
  [transportServerKind.id]: {
    first: ["spec.listener", "spec.host", "spec.upstreams", "spec.action"],
    second: ["spec.tls", "spec.upstreamParameters", "spec.sessionParameters"],
    known: ["spec.serverSnippets", "spec.streamSnippets"],
  },
  [configMapKind.id]: { first: ["data[external-status-address]"], second: [], known: [] },
  [globalConfigurationKind.id]: { first: ["spec.listeners"], second: [], known: [] },
};

function isAtOrBelow({ field }: SupportRow, place: string): boolean {
  return field === place || field.startsWith(`${place}.`) || field.startsWith(`${place}[`);
}

function rowsAt(kind: KindId, place: string): readonly SupportRow[] {
  return nginxSupport.filter((row) => row.kind === kind && isAtOrBelow(row, place));
}

describe("what must be served of NGINX Ingress Controller", () => {
  for (const [kind, { first, second, known }] of Object.entries(tiers)) {
    it(`every name of ${kind} that is listed here is in the support table`, () => {
      const places = [...first, ...second, ...known];
      assert.deepEqual(
        places.filter((place) => rowsAt(kind, place).length === 0),
        [],
      );
    });

    for (const [tier, places] of Object.entries({ first, second })) {
      if (places.length === 0) continue;
      it(`of the ${tier} tier of ${kind} everything is honoured or approximated`, () => {
        const due = places
          .flatMap((place) => rowsAt(kind, place))
          .filter((row) => !known.some((place) => isAtOrBelow(row, place)));
        assert.deepEqual(
          due.filter(({ support }) => support === "refused").map(({ field }) => field),
          [],
        );
      });
    }
  }
});
