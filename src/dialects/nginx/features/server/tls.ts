/** `tls`: the Secret that answers handshakes, and whether plain HTTP is sent to HTTPS. */

import type { VirtualServerTls } from "#kinds/nginx/virtual-server.ts";
import type { CertificateUse, SecretRef } from "#model/fragment.ts";
import type { Host } from "#model/host.ts";
import type { Route } from "#model/route.ts";
import type { World } from "../../../dialect.ts";
import { checkName, isSubdomain } from "../../names.ts";
import { forbids, placeOf, type Report, refuses, tells, warns } from "../../report.ts";
import { type Asked, reportSecret } from "../../tls-secret.ts";
import { redirectCode } from "../routes/action.ts";

export interface TlsVerdict {
  readonly certificates: readonly CertificateUse[];
  /** Before all other routes: sends plain HTTP away. */
  readonly redirects: readonly Route[];
}

/** The certificate and the redirect of a host. */
export function translateTls(
  tls: VirtualServerTls | undefined,
  host: Host,
  report: Report,
  { world, asked }: { readonly world: World; readonly asked: Asked },
): TlsVerdict {
  if (tls === undefined) return { certificates: [], redirects: [] };
  const { secret = "" } = tls;
  if (tls["cert-manager"] !== undefined && secret === "")
    forbids(report, "spec.tls.cert-manager", "field requires TLS.Secret to be specified");
  const redirects = redirectsOf(tls, report);
  if (secret === "") {
    warns(report, "spec.tls", {
      reason: "NoSecret",
      message: "tls names no Secret, so HTTPS is not served for this host",
      advice: "add tls.secret",
    });
    return { certificates: [], redirects };
  }
  const at = "spec.tls.secret";
  const ref = checkSecret(secret, "HTTPS handshakes of this host", report, { world, asked });
  if (ref === undefined) return { certificates: [], redirects };
  return { certificates: [{ host, secret: ref, origin: placeOf(report, at) }], redirects };
}

/** A Secret beside the object that answers handshakes; undefined after a complaint about its name. */
export function checkSecret(
  secret: string,
  refused: string,
  report: Report,
  { world, asked = {} }: { readonly world: World; readonly asked?: Asked },
): SecretRef | undefined {
  const at = "spec.tls.secret";
  const name = checkName(secret, at, report, isSubdomain);
  if (name === undefined) return undefined;
  const ref = { namespace: report.origin.namespace, name };
  reportSecret(ref, { at, refused }, report, { world, asked: () => asked });
  return ref;
}

/** nginx compares the scheme itself, or what a proxy before it says; we know of a proxy only when it is trusted. */
function redirectsOf({ redirect }: VirtualServerTls, report: Report): readonly Route[] {
  if (redirect === undefined) return [];
  const at = "spec.tls.redirect";
  const status = redirectCode(redirect.code, `${at}.code`, report);
  const { basedOn = "" } = redirect;
  if (!["", "scheme", "x-forwarded-proto"].includes(basedOn))
    refuses(report, `${at}.basedOn`, basedOn, "accepted values are 'scheme', 'x-forwarded-proto'");
  if (redirect.enable !== true) return [];
  if (basedOn === "x-forwarded-proto") {
    tells(report, `${at}.basedOn`, {
      reason: "OnlyTrustedProxies",
      message:
        "X-Forwarded-Proto is believed from the proxies that the gate trusts, and from nobody else",
      advice: "list your load balancer under trustedProxies in sekisho.yaml",
    });
  }
  return [
    {
      match: { kind: "prefix", path: "/" },
      conditions: [{ subject: { kind: "scheme" }, value: "http" }],
      action: {
        kind: "redirect",
        status,
        location: ["https://", { kind: "host" }, { kind: "target" }],
      },
      origin: placeOf(report, at),
    },
  ];
}
