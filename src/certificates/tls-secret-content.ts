/** What the Secret of a Certificate holds and says: a pure function, so that what is there already is not written again. */

import type { ParsedCertificate } from "#crypto/parsed-certificate.ts";
import { buildKeystore, buildTruststore } from "#crypto/pkcs12.ts";
import { formatKey, formatKeyDer } from "#crypto/private-key.ts";
import type { SigningKey } from "#crypto/signing-key.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { managedLabel } from "./annotations.ts";
import { describeCertificate } from "./secret-annotations.ts";

export interface IssuedPair {
  /** Leaf first. */
  readonly chain: readonly ParsedCertificate[];
  /** Of the authority; none where it is one that everybody knows. */
  readonly authorities: readonly ParsedCertificate[];
  readonly key: SigningKey;
}

export interface SecretContent {
  /** Base 64. */
  readonly data: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What goes when it is not asked for any more. */
export const managedFiles: readonly string[] = [
  ...["tls.crt", "tls.key", "ca.crt", "key.der", "tls-combined.pem"],
  ...["keystore.p12", "truststore.p12"],
];

export interface ContentOf {
  /** Of the Certificate. */
  readonly name: string;
  readonly spec: CertificateSpec;
  readonly pair: IssuedPair;
  /** Of the keystore; absent: none is made. */
  readonly password: string | undefined;
}

export function secretContent({ name, spec, pair, password }: ContentOf): SecretContent {
  const { chain, authorities, key } = pair;
  const [leaf] = chain;
  const pemKey = formatKey(key, spec.privateKey?.encoding ?? "PKCS1").reveal();
  const pemChain = pemOf(chain);
  const files: Record<string, Uint8Array> = { "tls.crt": pemChain, "tls.key": pemKey };
  if (authorities.length > 0) files["ca.crt"] = pemOf(authorities);
  for (const { type } of spec.additionalOutputFormats ?? []) {
    if (type === "DER") files["key.der"] = formatKeyDer(key).reveal();
    else files["tls-combined.pem"] = Buffer.concat([pemKey, Buffer.from("\n"), pemChain]);
  }
  const profile = spec.keystores?.pkcs12?.profile ?? "LegacyRC2";
  if (spec.keystores?.pkcs12?.create === true && password !== undefined) {
    files["keystore.p12"] = buildKeystore(pair, { profile, password });
    if (authorities.length > 0)
      files["truststore.p12"] = buildTruststore(authorities, { profile, password, key });
  }
  const { labels = {}, annotations = {} } = spec.secretTemplate ?? {};
  return {
    data: Object.fromEntries(
      Object.entries(files).map(([file, bytes]) => [file, Buffer.from(bytes).toString("base64")]),
    ),
    labels: { ...labels, ...managedLabel },
    annotations: {
      ...annotations,
      ...(leaf === undefined ? {} : describeCertificate(leaf, name, spec)),
    },
  };
}

function pemOf(certificates: readonly ParsedCertificate[]): Uint8Array {
  return Buffer.from(certificates.map(({ pem }) => pem).join(""));
}
