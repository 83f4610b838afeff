/** Annotations by which controllers decide who may pass: an Ingress that has one must not be served as if it had none. */

/** By the prefix of a controller. */
const byPrefix: Readonly<Record<string, readonly string[]>> = {
  "nginx.org": ["basic-auth-secret", "policies"],
  "nginx.com": ["jwt-key", "policies"],
  "appprotect.f5.com": ["app-protect-enable", "app-protect-policy"],
  "nginx.ingress.kubernetes.io": [
    ...["auth-type", "auth-secret", "auth-url", "auth-tls-secret"],
    ...["whitelist-source-range", "allowlist-source-range", "denylist-source-range"],
  ],
  "k8s.apisix.apache.org": [
    ...["auth-type", "auth-uri", "allowlist-source-range", "blocklist-source-range"],
  ],
  "ingress.bluemix.net": ["mutual-auth", "appid-auth", "iam-ui-auth", "iam-cli-auth"],
};

const names: ReadonlySet<string> = new Set(
  Object.entries(byPrefix).flatMap(([prefix, all]) => all.map((name) => `${prefix}/${name}`)),
);

/** Whether an annotation keeps people out under the controller whose it is. */
export function isProtecting(annotation: string): boolean {
  return names.has(annotation);
}
