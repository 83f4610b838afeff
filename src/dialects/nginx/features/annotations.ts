/** Annotations by which the controller extends Ingress: none is applied, an Ingress is what core Ingress says. */

import { ingressKind } from "#kinds/ingress.ts";
import { isProtecting } from "../../common/protecting-annotations.ts";
import { annotationField, refused, type SupportRow } from "../../common/support.ts";

const ofServers = [
  ...["mergeable-ingress-type", "ssl-redirect", "redirect-to-https", "http-redirect-code", "hsts"],
  ...["hsts-max-age", "hsts-include-subdomains", "hsts-behind-proxy", "server-tokens"],
  ...["server-snippets", "listen-ports", "listen-ports-ssl", "ssl-ciphers"],
  ...["ssl-prefer-server-ciphers", "app-root", "custom-http-errors", "policies"],
];

const ofLocations = [
  ...["location-snippets", "rewrites", "rewrite-target", "path-regex", "proxy-set-headers"],
  ...["add-header", "proxy-hide-headers", "proxy-pass-headers", "proxy-redirect-from"],
  ...["proxy-redirect-to", "proxy-connect-timeout", "proxy-read-timeout", "proxy-send-timeout"],
  ...["client-max-body-size", "client-body-buffer-size", "proxy-buffering", "proxy-buffers"],
  ...["proxy-buffer-size", "proxy-busy-buffers-size", "proxy-max-temp-file-size"],
  ...["proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-next-upstream-tries"],
  ...["basic-auth-secret", "basic-auth-realm", "limit-req-rate", "limit-req-key"],
  ...["limit-req-zone-size", "limit-req-burst", "limit-req-delay", "limit-req-no-delay"],
  ...["limit-req-reject-code", "limit-req-dry-run", "limit-req-log-level", "limit-req-scale"],
];

const ofUpstreams = [
  ...["lb-method", "keepalive", "max-fails", "max-conns", "fail-timeout", "upstream-zone-size"],
  ...["use-cluster-ip", "ssl-services", "grpc-services", "websocket-services"],
  "sticky-cookie-services",
];

const ofNginxPlus = [
  ...["jwt-key", "jwt-realm", "jwt-token", "jwt-login-url", "health-checks", "slow-start"],
  ...["health-checks-mandatory", "health-checks-mandatory-queue", "sticky-cookie-services"],
  "policies",
];

const ofAppProtect = [
  ...["app-protect-enable", "app-protect-policy", "app-protect-security-log"],
  ...["app-protect-security-log-enable", "app-protect-security-log-destination"],
];

/** Those that the controller's own examples and tests give to templates of their own. */
const ofTemplates = ["feature-a", "feature-b", "test-split-feature"];

const rest = "an Ingress is served as core Ingress says";
const guarded = "nothing here does what it asks for, so the Ingress answers 503";

export const annotationSupport: readonly SupportRow[] = [
  ...rows("nginx.org", [...ofServers, ...ofLocations, ...ofUpstreams], rest),
  ...rows("nginx.com", ofNginxPlus, rest),
  ...rows("appprotect.f5.com", ofAppProtect, "there is no such module"),
  ...rows("appprotectdos.f5.com", ["app-protect-dos-resource"], "there is no such module"),
  ...rows("custom.nginx.org", ofTemplates, "it belongs to a template, and none is read"),
  ...rows("ingress.kubernetes.io", ["ssl-redirect"], rest),
];

function rows(prefix: string, names: readonly string[], why: string): readonly SupportRow[] {
  return names
    .map((name) => `${prefix}/${name}`)
    .flatMap((name) =>
      refused(ingressKind.id, { why: isProtecting(name) ? guarded : why }, annotationField(name)),
    );
}
