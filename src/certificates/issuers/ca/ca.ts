/** Issuers that sign by an authority whose certificate and key are in a Secret. */

import { BoundedMap } from "#base/bounded-map.ts";
import { contentHash } from "#base/content-hash.ts";
import { err, ok, type Result } from "#base/result.ts";
import { parsePrivateKey } from "#crypto/keys/private-key.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import { formatPem } from "#crypto/pem.ts";
import { parseCertificateFields } from "#crypto/x509/certificate-fields.ts";
import { type ParsedCertificate, parseCertificates } from "#crypto/x509/parsed-certificate.ts";
import { clusterIssuerKind, type Issuer, issuerKind } from "#kinds/cert-manager/issuer.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
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
  /** PEM: what stands behind the certificates that it signs, without a root. */
  readonly chain: string;
  /** PEM: the last of its chain. */
  readonly top: string;
}

interface Unusable {
  readonly reason: "ErrGetKeyPair" | "ErrInvalidKeyPair";
  readonly message: string;
}

function specOf(issuer: KubeObject): Issuer["spec"]["ca"] {
  return read(issuerKind, issuer).value?.spec.ca;
}

/** By the hash of what it was read from. */
type Authorities = BoundedMap<string, Result<Authority, string>>;

/** Of those who sign now it is read once. */
const authoritiesKept = 32;

/** An {@link IssuerBackend}. */
export function createCa({ clock }: Pick<IssuerDeps, "clock">): IssuerBackend {
  const authorities: Authorities = new BoundedMap(authoritiesKept);
  return {
    name: "ca",
    issuerKinds: [issuerKind, clusterIssuerKind],
    serves: (issuer) => specOf(issuer) !== undefined,
    verify: (issuer, access) => verify(authorities, issuer, access),
    sign: (asked) => sign({ clock, authorities }, asked),
  };
}

async function verify(
  authorities: Authorities,
  issuer: KubeObject,
  access: IssuerAccess,
): Promise<IssuerVerdict> {
  const authority = await findAuthority(authorities, issuer, access);
  return authority.ok
    ? { isReady: true, reason: "KeyPairVerified", message: "Signing CA verified" }
    : { isReady: false, ...authority.error };
}

async function findAuthority(
  authorities: Authorities,
  issuer: KubeObject,
  access: IssuerAccess,
): Promise<Result<Authority, Unusable>> {
  const name = specOf(issuer)?.secretName ?? "";
  const where = `${access.credentialsNamespace}/${name}`;
  const prefix = "Error getting keypair for CA issuer";
  const certificate = await access.secretOf({ name, key: "tls.crt" });
  const privateKey = await access.secretOf({ name, key: "tls.key" });
  if (certificate === undefined || privateKey === undefined) {
    const message = `${prefix}: Secret ${where} is not there or has no tls.crt and tls.key`;
    return err({ reason: "ErrGetKeyPair", message });
  }
  const [chain, key] = [certificate.reveal(), privateKey.reveal()];
  const found = authorities.getOrMake(contentHash(chain, key), () => parseAuthority(chain, key));
  if (found.ok) return found;
  const message = `${prefix}: in Secret ${where} ${found.error}`;
  return err({ reason: "ErrInvalidKeyPair", message });
}

function parseAuthority(pemChain: Uint8Array, pemKey: Uint8Array): Result<Authority, string> {
  const chain = parseCertificates(pemChain);
  if (!chain.ok) return err(`is ${chain.error}`);
  const key = parsePrivateKey(pemKey);
  if (!key.ok) return err(`is ${key.error}`);
  const [own] = chain.value;
  if (own === undefined || !own.belongsTo(key.value))
    return err("the key is not that of the certificate");
  if (!own.isAuthority) return err("the certificate is not that of a CA");
  const signer = signerOf(own, key.value);
  if (signer === undefined) return err("the certificate cannot be read");
  const shown = chain.value.filter((one) => !one.isSignedBy(one));
  const top = chain.value.at(-1) ?? own;
  return ok({ signer, chain: shown.map(({ pem }) => pem).join(""), top: top.pem });
}

function signerOf({ der }: ParsedCertificate, key: SigningKey): LeafSigner | undefined {
  const fields = parseCertificateFields(der);
  return fields.ok
    ? { name: fields.value.subject, keyId: fields.value.subjectKeyId, key }
    : undefined;
}

async function sign(
  { clock, authorities }: Pick<IssuerDeps, "clock"> & { readonly authorities: Authorities },
  { facts, issuer, access }: AskedSignature,
): Promise<SigningOutcome> {
  const authority = await findAuthority(authorities, issuer, access);
  // It was ready when last looked at: the issuer's condition says what is wrong, and the request waits.
  if (!authority.ok) return { kind: "pending", message: authority.error.message };
  const asked = facts();
  if (!asked.ok) return { kind: "failed", message: asked.error };
  const { signer, chain, top } = authority.value;
  const { spec, signing } = asked.value;
  const { secretName: _, ...addresses } = specOf(issuer) ?? { secretName: "" };
  const leaf = signLeaf({ spec, signing, now: clock.now() }, signer, addresses);
  if (!leaf.ok) return { kind: "failed", message: leaf.error };
  const certificate = formatPem("CERTIFICATE", leaf.value) + chain;
  return { kind: "issued", certificate, authority: top };
}
