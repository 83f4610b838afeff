/** Every key of the controller's ConfigMap, and what becomes of it. */

import { isIpAddress } from "#base/network-text.ts";
import { problemOfAdded } from "./added-headers.ts";
import { parseBalancing } from "./features/upstreams/balancing.ts";
import { flagText } from "./ingress/values.ts";
import { isSubdomain } from "./names.ts";
import { parseSize, parseTime } from "./quantities.ts";
import type { Report } from "./report.ts";

export type ConfigMapKey = KeySupport & {
  /** What is wrong with a value; undefined: nothing. Default: nothing ever is. */
  readonly check?: (text: string) => string | undefined;
};

type KeySupport =
  | { readonly support: "honoured" }
  | { readonly support: "approximated"; readonly how: string }
  | {
      readonly support: "refused";
      readonly why: string;
      readonly advice: string;
      /** Values that ask for nothing. */
      readonly harmless?: readonly string[];
    };

const isTime = (text: string): string | undefined =>
  parseTime(text) === undefined ? "must be a time" : undefined;
const isSize = (text: string): string | undefined =>
  parseSize(text) === undefined ? "must be an offset" : undefined;
const isFlag = (text: string): string | undefined =>
  flagText(text) === undefined ? "must be a boolean" : undefined;
const isCount = (text: string): string | undefined =>
  /^\d{1,9}$/.test(text) ? undefined : "must be a non-negative integer";
const isRedirectCode = (text: string): string | undefined =>
  ["301", "302", "307", "308"].includes(text)
    ? undefined
    : "status code out of accepted range. accepted values are '301', '302', '307', '308'";

function isBalancing(text: string): string | undefined {
  const report: Report = { origin: { kind: "", namespace: "", name: "", path: "" }, findings: [] };
  parseBalancing(text, "", report);
  return report.findings.length === 0 ? undefined : "invalid load balancing method";
}

function isAddress(text: string): string | undefined {
  return isIpAddress(text) || isSubdomain(text) ? undefined : "must be an IP address or a DNS name";
}

function isInheritance(text: string): string | undefined {
  return ["on", "off", "merge"].includes(text) ? undefined : "must be `on`, `off` or `merge`";
}

function refusedKeys(
  why: string,
  advice: string,
  ...keys: readonly string[]
): Readonly<Record<string, ConfigMapKey>> {
  return Object.fromEntries(keys.map((key) => [key, { support: "refused", why, advice } as const]));
}

const ofNginx = "it belongs to nginx, and there is none";
const noEffect = "remove it, or keep it for nginx";
const notUnderstood = "nginx's own language is not understood";
const passedOn = "answers are passed on as they come, in bounded memory";

export const configMapKeys: Readonly<Record<string, ConfigMapKey>> = {
  "proxy-connect-timeout": { support: "honoured", check: isTime },
  "proxy-read-timeout": {
    support: "approximated",
    how: "a stream with no byte either way for so long is ended",
    check: isTime,
  },
  "proxy-send-timeout": {
    support: "approximated",
    how: "it is within proxy-read-timeout",
    check: isTime,
  },
  "client-max-body-size": { support: "honoured", check: isSize },
  "lb-method": {
    support: "approximated",
    how: "hash takes one variable; least_time is the lesser of two by requests under way",
    check: isBalancing,
  },
  "max-fails": { support: "honoured", check: isCount },
  "fail-timeout": { support: "honoured", check: isTime },
  "ssl-redirect": { support: "honoured", check: isFlag },
  "redirect-to-https": { support: "honoured", check: isFlag },
  "http-redirect-code": { support: "honoured", check: isRedirectCode },
  hsts: { support: "honoured", check: isFlag },
  "hsts-max-age": { support: "honoured", check: isCount },
  "hsts-include-subdomains": { support: "honoured", check: isFlag },
  "hsts-behind-proxy": { support: "honoured", check: isFlag },
  "proxy-hide-headers": { support: "honoured" },
  "proxy-pass-headers": { support: "honoured" },
  "add-header": {
    support: "approximated",
    how: "what the gate answers where no path is, or to send clients to HTTPS, has none",
    check: problemOfAdded,
  },
  "add-header-inherit": { support: "honoured", check: isInheritance },
  "external-status-address": { support: "honoured", check: isAddress },
  "server-tokens": { support: "approximated", how: "versions are never told" },
  http2: { support: "approximated", how: "HTTP/2 is always offered" },
  "server-snippets": {
    support: "approximated",
    how: "nginx's own language is not understood, so hosts answer 503 while it is there",
  },
  "location-snippets": {
    support: "approximated",
    how: "nginx's own language is not understood, so paths answer 503 while it is there",
  },
  ...refusedKeys(
    "whom proxies in front speak for is a setting of the gate",
    "list them under trustedProxies in sekisho.yaml",
    ...["real-ip-header", "real-ip-recursive"],
    "set-real-ip-from",
  ),
  ...refusedKeys(
    "it is a setting of the gate",
    "set proxyProtocol in sekisho.yaml",
    "proxy-protocol",
  ),
  ...refusedKeys(
    "it is a setting of the gate",
    "set accessLog in sekisho.yaml",
    ...["access-log", "access-log-off", "log-format", "log-format-escaping", "error-log-level"],
    ...["stream-log-format", "stream-log-format-escaping", "default-server-access-log-off"],
  ),
  "default-server-return": {
    support: "refused",
    why: "what no host takes is 404",
    advice: noEffect,
    harmless: ["404"],
  },
  ...refusedKeys(
    "the gate has its own TLS versions and ciphers, all of them safe",
    noEffect,
    ...["ssl-protocols", "ssl-prefer-server-ciphers", "ssl-ciphers", "ssl-dhparam-file"],
  ),
  keepalive: {
    support: "approximated",
    how: "connections are kept for a minute, however many they are",
  },
  ...refusedKeys(
    passedOn,
    noEffect,
    ...["proxy-buffering", "proxy-buffers", "proxy-buffer-size", "proxy-busy-buffers-size"],
    ...["proxy-max-temp-file-size", "client-body-buffer-size", "upstream-zone-size"],
  ),
  ...refusedKeys(
    notUnderstood,
    "say it by other keys, and remove it",
    ...["main-snippets", "http-snippets", "stream-snippets", "main-template", "ingress-template"],
    ...["virtualserver-template", "transportserver-template"],
  ),
  ...refusedKeys(
    "upstreams are told where requests came from",
    noEffect,
    "disable-forwarded-headers",
  ),
  ...refusedKeys(
    ofNginx,
    noEffect,
    ...["server-names-hash-bucket-size", "server-names-hash-max-size", "map-hash-bucket-size"],
    ...["map-hash-max-size", "variables-hash-bucket-size", "variables-hash-max-size"],
    ...["worker-processes", "worker-cpu-affinity", "worker-shutdown-timeout", "worker-connections"],
    ...["worker-rlimit-nofile", "keepalive-timeout", "keepalive-requests", "resolver-addresses"],
    ...["resolver-ipv6", "resolver-valid", "resolver-timeout", "zone-sync", "zone-sync-port"],
    ...["zone-sync-resolver-addresses", "zone-sync-resolver-valid", "zone-sync-resolver-ipv6"],
    ...["opentracing", "opentracing-tracer", "opentracing-tracer-config", "max-conns"],
    ...["oidc-pkce-timeout", "oidc-pkce-zone-size", "oidc-id-tokens-timeout"],
    ...["oidc-id-tokens-zone-size", "oidc-access-tokens-timeout", "oidc-access-tokens-zone-size"],
    ...["oidc-refresh-tokens-timeout", "oidc-refresh-tokens-zone-size", "oidc-sids-timeout"],
    "oidc-sids-zone-size",
  ),
  ...refusedKeys(
    "requests are not traced",
    noEffect,
    ...["otel-exporter-endpoint", "otel-exporter-header-name", "otel-exporter-header-value"],
    ...["otel-service-name", "otel-trace-in-http"],
  ),
  ...refusedKeys(
    "it is for App Protect, modules of F5's own that are not here",
    "do not rely on it: requests are served without",
    ...["app-protect-failure-mode-action", "app-protect-compressed-requests-action"],
    ...["app-protect-cookie-seed", "app-protect-cpu-thresholds"],
    ...["app-protect-physical-memory-util-thresholds", "app-protect-reconnect-period-seconds"],
    ...["app-protect-dos-log-format", "app-protect-dos-log-format-escaping"],
    "app-protect-dos-arb-fqdn",
  ),
};
