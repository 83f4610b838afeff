/** By which template of AWS Private CA a certificate is made: it decides which extensions the certificate gets. */

/** What a request says that decides it. */
export interface TemplateQuestion {
  readonly isCA: boolean;
  readonly usages: readonly string[];
  /** `pcaTemplate.defaultTemplateName` of the issuer; empty when it has none. */
  readonly defaultName: string;
}

/** Requests that ask for just this one usage. */
const byOneUsage: Readonly<Record<string, string>> = {
  "client auth": "EndEntityClientAuthCertificate/V1",
  "code signing": "CodeSigningCertificate/V1",
  "ocsp signing": "OCSPSigningCertificate/V1",
  "server auth": "EndEntityServerAuthCertificate/V1",
};

/**
 * The template's name. As aws-privateca-issuer chooses: whoever comes from it gets the certificates he had. Any other list
 * of usages goes to the template that takes them from the request; authorities shared between accounts may use it.
 */
export function templateName({ isCA, usages, defaultName }: TemplateQuestion): string {
  if (defaultName !== "") return defaultName;
  if (isCA) return "SubordinateCACertificate_PathLen0/V1";
  const [first = "", second] = usages;
  const isBoth = usages.length === 2 && [first, second].sort().join() === "client auth,server auth";
  if (isBoth) return "EndEntityCertificate/V1";
  const named =
    usages.length === 1 && Object.hasOwn(byOneUsage, first) ? byOneUsage[first] : undefined;
  return named ?? "BlankEndEntityCertificate_APICSRPassthrough/V1";
}

/** Its ARN in the partition of the authority. */
export function templateArn(partition: string, name: string): string {
  return `arn:${partition}:acm-pca:::template/${name}`;
}
