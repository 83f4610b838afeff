/** The certificate that a request is given by an issuer of ours: what it may say, and for how long. */

import { parseGoDurationMs } from "#base/go-duration.ts";
import { err, ok, type Result } from "#base/result.ts";
import { keyIdentifier, type SigningKey } from "#crypto/keys/signing-key.ts";
import {
  authorityInformationExtension,
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  crlDistributionPointsExtension,
  derExtensionList,
  type Extension,
  extensionTypes,
  subjectKeyIdentifierExtension,
} from "#crypto/x509/extension-list.ts";
import { signCertificate } from "#crypto/x509/signed-certificate.ts";
import type { SigningRequest } from "#crypto/x509/signing-request.ts";
import type { CertificateRequest } from "#kinds/cert-manager/certificate-request.ts";
import { usualDurationMs } from "#kinds/cert-manager/certificate-spec.ts";
import { usageExtensions, usagesInForce } from "../usage-bits.ts";

export interface LeafSigner {
  /** Name, in DER. */
  readonly name: Uint8Array;
  readonly keyId: Uint8Array | undefined;
  readonly key: SigningKey;
}

/** What an issuer has written into its certificates besides. */
export interface Addresses {
  readonly crlDistributionPoints?: readonly string[];
  readonly ocspServers?: readonly string[];
  readonly issuingCertificateURLs?: readonly string[];
}

export interface LeafRequest {
  readonly spec: CertificateRequest["spec"];
  readonly signing: SigningRequest;
  readonly now: Temporal.Instant;
}

/** Clocks of clients are not all right: what is new is a little older. */
const backDatedMs = 60_000;

/**
 * DER. Subject and names are those of the request; usages and whether it is an authority are those of its object, which
 * are what was approved.
 */
export function signLeaf(
  { spec, signing, now }: LeafRequest,
  signer: LeafSigner,
  addresses: Addresses,
): Result<Uint8Array, string> {
  const written = spec.duration === undefined ? usualDurationMs : parseGoDurationMs(spec.duration);
  if (written === undefined || written <= 0)
    return err(`the duration ${JSON.stringify(spec.duration)} is none`);
  const urls = Object.values(addresses).flat();
  const wrong = urls.find((url) => !/^[\x21-\x7e]+$/.test(url));
  if (wrong !== undefined) return err(`${JSON.stringify(wrong)} of the issuer is no URL`);
  const extensions = extensionsOf({ spec, signing, now }, signer, addresses);
  const hasNames = extensions.some(({ type }) => type === extensionTypes.alternativeNames);
  if (signing.name.length === 0 && !hasNames)
    return err("the request names neither a subject nor any other name");
  const notBefore = now
    .subtract({ milliseconds: backDatedMs })
    .round({ smallestUnit: "second", roundingMode: "floor" });
  return ok(
    signCertificate(
      {
        subject: signing.subject,
        issuer: signer.name,
        publicKey: signing.publicKey,
        notBefore,
        notAfter: notBefore.add({ milliseconds: written }),
        extensions: derExtensionList(extensions),
      },
      signer.key,
    ),
  );
}

function extensionsOf(
  { spec, signing }: LeafRequest,
  { keyId }: LeafSigner,
  addresses: Addresses,
): readonly Extension[] {
  const rights = spec.isCA === true ? "authority" : "end entity";
  const asked = (type: string): Extension | undefined =>
    signing.extensions.find((one) => one.type === type);
  const names = asked(extensionTypes.alternativeNames);
  const constraints = spec.isCA === true ? asked(extensionTypes.nameConstraints) : undefined;
  const { crlDistributionPoints = [], ocspServers = [], issuingCertificateURLs = [] } = addresses;
  return [
    basicConstraintsExtension(spec.isCA === true ? {} : undefined),
    ...usageExtensions(usagesInForce(spec.usages, rights)),
    // Where the subject is empty they must be understood, whatever the request says (RFC 5280 §4.2.1.6).
    ...(names === undefined
      ? []
      : [{ ...names, isCritical: names.isCritical || signing.name.length === 0 }]),
    ...(constraints === undefined ? [] : [constraints]),
    subjectKeyIdentifierExtension(keyIdentifier(signing.publicKey)),
    ...(keyId === undefined ? [] : [authorityKeyIdentifierExtension(keyId)]),
    ...(crlDistributionPoints.length === 0
      ? []
      : [crlDistributionPointsExtension(crlDistributionPoints)]),
    ...(ocspServers.length + issuingCertificateURLs.length === 0
      ? []
      : [authorityInformationExtension(ocspServers, issuingCertificateURLs)]),
  ];
}
