/** TLS entries: which Secret answers the handshakes of which hosts. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import { type Ingress, ingressKind } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import type { CertificateUse, Fragment } from "#model/fragment.ts";
import { anyHost, type Host } from "#model/host.ts";
import { awaitedCertificate } from "../../common/awaited-certificate.ts";
import { findingAt } from "../../common/findings.ts";
import { honoured } from "../../common/support.ts";
import type { World } from "../../dialect.ts";
import { parseHost } from "./host.ts";

export const tlsSupport = honoured(ingressKind.id, "spec.tls[].hosts", "spec.tls[].secretName");

export interface TlsVerdict {
  readonly certificates: readonly CertificateUse[];
  readonly findings: readonly Finding[];
}

/**
 * The certificates an Ingress asks for. An entry without hosts is for every name. A Secret that is missing or broken
 * stays in force as a refusal: the handshakes of its hosts fail, plain HTTP goes on. One whose certificate is on its way is no
 * mistake while it is missing.
 */
export function translateTls(
  ingress: Known<Ingress>,
  origin: Origin,
  world: World,
  asked: Pick<Fragment, "wantedCertificates">,
): TlsVerdict {
  const certificates: CertificateUse[] = [];
  const findings: Finding[] = [];
  for (const [index, entry] of (ingress.value?.spec?.tls ?? []).entries()) {
    if (entry === undefined) continue;
    const path = `spec.tls[${index}]`;
    if (entry.secretName === undefined || entry.secretName === "") {
      findings.push(
        findingAt(origin, path, "error", {
          reason: "NoSecret",
          message: "this TLS entry names no Secret, so HTTPS is not served for its hosts",
          advice: "add secretName",
        }),
      );
      continue;
    }
    const secret = { namespace: origin.namespace, name: entry.secretName };
    const place = { ...origin, path: `${path}.secretName` };
    findings.push(...secretFindings(world, secret.name, asked, place));
    const hosts = hostsOf(entry.hosts ?? [], origin, path, findings);
    certificates.push(
      ...hosts.map(({ host, path: at }) => ({ host, secret, origin: { ...origin, path: at } })),
    );
  }
  return { certificates, findings };
}

function hostsOf(
  texts: readonly string[],
  origin: Origin,
  path: string,
  findings: Finding[],
): readonly { readonly host: Host; readonly path: string }[] {
  if (texts.length === 0) return [{ host: anyHost, path }];
  return texts.flatMap((text, index) => {
    const at = `${path}.hosts[${index}]`;
    const host = parseHost(text);
    if (host.ok && host.value.kind !== "any") return [{ host: manyLabels(host.value), path: at }];
    findings.push(
      findingAt(origin, at, "error", {
        reason: "InvalidHost",
        message: host.ok ? "the host is empty" : host.error,
        advice: "write a DNS name such as shop.example.com or *.example.com, without port",
      }),
    );
    return [];
  });
}

/** Server names are matched by suffix at the handshake; which labels a route takes is the route's affair. */
function manyLabels(host: Host): Host {
  return host.kind === "wildcard" ? { ...host, labels: "many" } : host;
}

function secretFindings(
  world: World,
  name: string,
  asked: Pick<Fragment, "wantedCertificates">,
  origin: Origin,
): readonly Finding[] {
  const { namespace } = origin;
  const state = world.certificate({ namespace, name });
  const awaited =
    state.state === "missing" ? awaitedCertificate({ namespace, name }, asked, world) : undefined;
  switch (state.state) {
    case "usable":
      return [];
    case "missing":
      if (awaited !== undefined) {
        return [
          findingAt(origin, origin.path, "warning", {
            reason: "SecretNotFound",
            message: `Secret ${name} does not exist: ${awaited.state}; HTTPS handshakes of its hosts are refused until then`,
            advice: awaited.advice,
          }),
        ];
      }
      return [
        findingAt(origin, origin.path, "error", {
          reason: "SecretNotFound",
          message: `Secret ${name} does not exist in namespace ${namespace}; HTTPS handshakes of its hosts are refused`,
          advice: `create it: sekisho create secret tls ${name} --namespace ${namespace} --cert FILE --key FILE`,
        }),
      ];
    case "broken":
      return [
        findingAt(origin, origin.path, "error", {
          reason: "SecretNotUsable",
          message: `Secret ${name}: ${state.problem}; HTTPS handshakes of its hosts are refused`,
          advice: "put a PEM certificate chain into tls.crt and its private key into tls.key",
        }),
      ];
  }
}
