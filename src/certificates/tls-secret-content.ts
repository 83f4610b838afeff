/** What the Secret of a Certificate holds and says: a pure function, so that what is there already is not written again. */

import { formatKey, formatKeyDer, keyLabel } from "#crypto/keys/private-key.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import { buildKeystore, buildTruststore } from "#crypto/pkcs12/pkcs12.ts";
import { isSealedBy } from "#crypto/pkcs12/pkcs12-seal.ts";
import type { ParsedCertificate } from "#crypto/x509/parsed-certificate.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { managedLabel } from "./annotations.ts";
import { describeCertificate, describeIssuance } from "./secret-annotations.ts";

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
  /**
   * The files of a Secret that holds this very pair already, whoever wrote them: what says the same stays to the byte.
   * Absent: the pair is new.
   */
  readonly written?: WrittenFiles;
}

export type WrittenFiles = (file: string) => Uint8Array | undefined;

export function secretContent(wanted: ContentOf): SecretContent {
  const { name, spec, pair, written } = wanted;
  const [leaf] = pair.chain;
  const { labels = {}, annotations = {} } = spec.secretTemplate ?? {};
  const files = { ...pemFiles(wanted), ...keystores(wanted) };
  return {
    data: Object.fromEntries(
      Object.entries(files).map(([file, bytes]) => [file, Buffer.from(bytes).toString("base64")]),
    ),
    labels: { ...labels, ...managedLabel },
    annotations: {
      ...annotations,
      ...(leaf === undefined ? {} : describeCertificate(leaf)),
      ...(written === undefined ? describeIssuance(name, spec) : {}),
    },
  };
}

function pemFiles({ spec, pair, written }: ContentOf): Readonly<Record<string, Uint8Array>> {
  const { chain, authorities, key } = pair;
  const encoding = spec.privateKey?.encoding ?? "PKCS1";
  const there = written?.("tls.key");
  // The same key in the same encoding need not be the same bytes: line ends differ.
  const isKept = there !== undefined && labelOf(there) === keyLabel(key, encoding);
  const pemKey = isKept ? there : formatKey(key, encoding).reveal();
  const pemChain = written?.("tls.crt") ?? pemOf(chain);
  const pemAuthorities =
    written?.("ca.crt") ?? (authorities.length > 0 ? pemOf(authorities) : undefined);
  const files: Record<string, Uint8Array> = { "tls.crt": pemChain, "tls.key": pemKey };
  if (pemAuthorities !== undefined) files["ca.crt"] = pemAuthorities;
  for (const { type } of spec.additionalOutputFormats ?? []) {
    if (type === "DER") files["key.der"] = formatKeyDer(key).reveal();
    else files["tls-combined.pem"] = Buffer.concat([pemKey, Buffer.from("\n"), pemChain]);
  }
  return files;
}

function labelOf(pem: Uint8Array): string | undefined {
  return /-----BEGIN ([A-Z ]+)-----/.exec(Buffer.from(pem).toString("latin1"))?.[1];
}

function keystores({
  spec,
  pair,
  password,
  written,
}: ContentOf): Readonly<Record<string, Uint8Array>> {
  const { create = false, profile = "LegacyRC2" } = spec.keystores?.pkcs12 ?? {};
  if (!create || password === undefined) return {};
  const settings = { profile, password };
  /** Others draw their salts: the same content is not the same bytes. */
  const kept = (file: string): Uint8Array | undefined => {
    const there = written?.(file);
    return there !== undefined && isSealedBy(there, settings) ? there : undefined;
  };
  const { authorities, key } = pair;
  const keystore = kept("keystore.p12") ?? buildKeystore(pair, settings);
  if (authorities.length === 0) return { "keystore.p12": keystore };
  const truststore = kept("truststore.p12") ?? buildTruststore(authorities, { ...settings, key });
  return { "keystore.p12": keystore, "truststore.p12": truststore };
}

function pemOf(certificates: readonly ParsedCertificate[]): Uint8Array {
  return Buffer.from(certificates.map(({ pem }) => pem).join(""));
}
