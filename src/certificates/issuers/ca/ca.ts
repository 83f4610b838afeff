/** Issuers that sign by an authority whose certificate and key are in a Secret. */

import { err, ok, type Result } from "#base/result.ts";
import { parseCertificateFields } from "#crypto/certificate-fields.ts";
import { type ParsedCertificate, parseCertificates } from "#crypto/parsed-certificate.ts";
import { formatPem } from "#crypto/pem.ts";
import { parsePrivateKey } from "#crypto/private-key.ts";
import type { SigningKey } from "#crypto/signing-key.ts";
import { clusterIssuerKind, type Issuer, issuerKind } from "#kinds/cert-manager/issuer.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { readRequest } from "../../policies/request-facts.ts";
import type { IssuerAccess } from "../../solvers/solver.ts";
import { type LeafSigner, signLeaf } from "../issued-leaf.ts";
import type {
  AskedSignature,
  IssuerBackend,
  IssuerDeps,
  IssuerVerdict,
  SigningOutcome,
} from "../issuer.ts";

interface Authority {
  readonly signer: LeafSigner;
  /** The authority's own certificate first. */
  readonly chain: readonly ParsedCertificate[];
}

interface Unusable {
  readonly reason: "ErrGetKeyPair" | "ErrInvalidKeyPair";
  readonly message: string;
}

function specOf(issuer: KubeObject): Issuer["spec"]["ca"] {
  return read(issuerKind, issuer).value?.spec.ca;
}

/** An {@link IssuerBackend}. */
export function createCa(deps: Pick<IssuerDeps, "clock">): IssuerBackend {
  return {
    name: "ca",
    issuerKinds: [issuerKind, clusterIssuerKind],
    serves: (issuer) => specOf(issuer) !== undefined,
    verify,
    sign: (asked) => sign(deps, asked),
  };
}

async function verify(issuer: KubeObject, access: IssuerAccess): Promise<IssuerVerdict> {
  const authority = await findAuthority(issuer, access);
  return authority.ok
    ? { isReady: true, reason: "KeyPairVerified", message: "Signing CA verified" }
    : { isReady: false, ...authority.error };
}

async function findAuthority(
  issuer: KubeObject,
  access: IssuerAccess,
): Promise<Result<Authority, Unusable>> {
  const name = specOf(issuer)?.secretName ?? "";
  const where = `${access.credentialsNamespace}/${name}`;
  const unusable = (message: string): { readonly ok: false; readonly error: Unusable } =>
    err({
      reason: "ErrInvalidKeyPair",
      message: `Error getting keypair for CA issuer: ${message}`,
    });
  const certificate = await access.secretOf({ name, key: "tls.crt" });
  const privateKey = await access.secretOf({ name, key: "tls.key" });
  if (certificate === undefined || privateKey === undefined) {
    const message = `Error getting keypair for CA issuer: Secret ${where} is not there or has no tls.crt and tls.key`;
    return err({ reason: "ErrGetKeyPair", message });
  }
  const chain = parseCertificates(certificate.reveal());
  if (!chain.ok) return unusable(`Secret ${where} holds ${chain.error}`);
  const key = parsePrivateKey(privateKey.reveal());
  if (!key.ok) return unusable(`Secret ${where} holds ${key.error}`);
  const [own] = chain.value;
  if (own === undefined || !own.belongsTo(key.value))
    return unusable(`the key in Secret ${where} is not that of the certificate`);
  if (!own.isAuthority) return unusable(`the certificate in Secret ${where} is not that of a CA`);
  const signer = signerOf(own, key.value);
  return signer === undefined
    ? unusable(`the certificate in Secret ${where} cannot be read`)
    : ok({ chain: chain.value, signer });
}

function signerOf({ der }: ParsedCertificate, key: SigningKey): LeafSigner | undefined {
  const fields = parseCertificateFields(der);
  return fields.ok
    ? { name: fields.value.subject, keyId: fields.value.subjectKeyId, key }
    : undefined;
}

async function sign(
  { clock }: Pick<IssuerDeps, "clock">,
  { request, issuer, access }: AskedSignature,
): Promise<SigningOutcome> {
  const authority = await findAuthority(issuer, access);
  // It was ready when last looked at: the issuer's condition says what is wrong, and the request waits.
  if (!authority.ok) return { kind: "pending", message: authority.error.message };
  const facts = readRequest(request);
  if (!facts.ok) return { kind: "failed", message: facts.error };
  const { signer, chain } = authority.value;
  const { spec, signing } = facts.value;
  const { secretName: _, ...addresses } = specOf(issuer) ?? { secretName: "" };
  const leaf = signLeaf({ spec, signing, now: clock.now() }, signer, addresses);
  if (!leaf.ok) return { kind: "failed", message: leaf.error };
  const shown = chain.filter((one) => !one.isSignedBy(one));
  const top = chain.at(-1);
  return {
    kind: "issued",
    certificate: [formatPem("CERTIFICATE", leaf.value), ...shown.map(({ pem }) => pem)].join(""),
    ...(top === undefined ? {} : { authority: top.pem }),
  };
}
