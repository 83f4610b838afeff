/** `tls.cert-manager`: the certificate that is asked for, as NGINX Ingress Controller asks cert-manager for it. */

import type { VirtualServerTls } from "#kinds/nginx/virtual-server.ts";
import type { Fragment } from "#model/fragment.ts";
import type { WantedCertificate, WantedIssuer } from "#model/wanted-certificate.ts";
import { type Report, warns } from "../../report.ts";

type AskedCertificate = NonNullable<VirtualServerTls["cert-manager"]>;

const at = "spec.tls.cert-manager";

/** As Go writes a duration. */
const duration = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/;

const usualUsages = ["digital signature", "key encipherment"];

/** What cert-manager knows (its API reference, "KeyUsage"). */
const knownUsages = [
  ...["signing", "digital signature", "content commitment", "key encipherment", "key agreement"],
  ...["data encipherment", "cert sign", "crl sign", "encipher only", "decipher only", "any"],
  ...["server auth", "client auth", "code signing", "email protection", "s/mime"],
  ...["ipsec end system", "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing"],
  ...["microsoft sgc", "netscape sgc"],
];

/** For the fragment; `as-before` where it cannot be told which, after a complaint. */
export function translateCertManager(
  tls: VirtualServerTls | undefined,
  host: string | undefined,
  labels: WantedCertificate["labels"],
  report: Report,
): Pick<Fragment, "wantedCertificates"> {
  const asked = tls?.["cert-manager"];
  if (asked === undefined) return {};
  const wanted = wantedCertificate(asked, report);
  const name = tls?.secret ?? "";
  if (wanted === undefined || host === undefined || name === "")
    return { wantedCertificates: "as-before" };
  return { wantedCertificates: [{ name, hosts: [host], ...wanted, labels }] };
}

function wantedCertificate(
  asked: AskedCertificate,
  report: Report,
): Omit<WantedCertificate, "name" | "hosts" | "labels"> | undefined {
  const issuer = issuerOf(asked, report);
  const usages = usagesOf(asked, report);
  const holds = durationOf(asked, "duration", report);
  const renewal = durationOf(asked, "renew-before", report);
  if (issuer === undefined || usages === undefined || holds === null || renewal === null)
    return undefined;
  const commonName = asked["common-name"] ?? "";
  return {
    issuer,
    ...(commonName === "" ? {} : { commonName }),
    ...(holds === undefined ? {} : { duration: holds }),
    ...(renewal === undefined ? {} : { renewBefore: renewal }),
    usages,
    meanwhile: asked["issue-temp-cert"] === true ? "self-signed" : "nothing",
  };
}

function issuerOf(asked: AskedCertificate, report: Report): WantedIssuer | undefined {
  const names = [asked["cluster-issuer"] ?? "", asked.issuer ?? ""];
  const [name, ...more] = names.filter((one) => one !== "");
  if (name === undefined) return complain(report, "", "it names neither cluster-issuer nor issuer");
  if (more.length > 0) return complain(report, "", "it names both cluster-issuer and issuer");
  const usual = asked.issuer === name ? "Issuer" : "ClusterIssuer";
  const kind = asked["issuer-kind"] ?? "";
  const group = asked["issuer-group"] ?? "";
  return { name, kind: kind === "" ? usual : kind, ...(group === "" ? {} : { group }) };
}

function usagesOf(
  { usages = "" }: AskedCertificate,
  report: Report,
): readonly string[] | undefined {
  if (usages.trim() === "") return usualUsages;
  const all = usages.split(",").map((usage) => usage.trim());
  const unknown = all.find((usage) => !knownUsages.includes(usage));
  return unknown === undefined ? all : complain(report, ".usages", `usage "${unknown}" is unknown`);
}

/** Null after a complaint. */
function durationOf(
  asked: AskedCertificate,
  field: "duration" | "renew-before",
  report: Report,
): string | undefined | null {
  const text = asked[field] ?? "";
  if (text === "") return undefined;
  if (duration.test(text)) return text;
  complain(report, `.${field}`, `${field} "${text}" is no duration such as 2160h`);
  return null;
}

function complain(report: Report, below: string, problem: string): undefined {
  return warns(report, `${at}${below}`, {
    reason: "BadConfig",
    message: `no Certificate is made: ${problem}`,
    advice: "correct it; a Certificate that was made before stays as it is",
  });
}
