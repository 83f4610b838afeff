/** Keystores by PKCS #12 (RFC 7292): key and chain in one file, or certificates that are trusted, under a password. */

import { createHash, createHmac, type KeyObject } from "node:crypto";
import {
  element,
  explicit,
  implicit,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  smallInteger,
} from "../der/der.ts";
import { formatKeyDer } from "../keys/private-key.ts";
import type { ParsedCertificate } from "../x509/parsed-certificate.ts";
import {
  type KeystoreProfile,
  keystoreProfiles,
  type ProfileUse,
  type Salts,
} from "./pkcs12-profiles.ts";

export interface KeystoreSettings {
  readonly profile: KeystoreProfile;
  readonly password: string;
}

export interface KeystoreContent {
  readonly key: KeyObject;
  /** Leaf first. */
  readonly chain: readonly ParsedCertificate[];
  readonly authorities: readonly ParsedCertificate[];
}

const contentTypes = {
  data: objectIdentifier("1.2.840.113549.1.7.1"),
  encryptedData: objectIdentifier("1.2.840.113549.1.7.6"),
} as const;
const certificateBag = objectIdentifier("1.2.840.113549.1.12.10.1.3");
const shroudedKeyBag = objectIdentifier("1.2.840.113549.1.12.10.1.2");
const x509 = objectIdentifier("1.2.840.113549.1.9.22.1");
const localKeyId = objectIdentifier("1.2.840.113549.1.9.21");
const friendlyName = objectIdentifier("1.2.840.113549.1.9.20");
/** By it Java knows a certificate that it is to trust (its PKCS12KeyStore). */
const trustedUsage = objectIdentifier("2.16.840.1.113894.746875.1.1");
const anyUsage = objectIdentifier("2.5.29.37.0");
const bmpString = 0x1e;

/** Key and chain, with the authorities behind it. The same content always gives the same bytes. */
export function buildKeystore(
  { key, chain, authorities }: KeystoreContent,
  { profile, password }: KeystoreSettings,
): Uint8Array {
  const [leaf, ...others] = [...chain, ...authorities];
  if (leaf === undefined) throw new Error("a keystore without a certificate");
  const use = useOf(password, key, "keystore");
  const id = sequence(localKeyId, setOf(octetString(createHash("sha1").update(leaf.der).digest())));
  const { key: encryptKey } = keystoreProfiles[profile];
  const { algorithm, bytes } = encryptKey(formatKeyDer(key).reveal(), "key", use);
  const keyBag = sequence(
    shroudedKeyBag,
    explicit(0, sequence(algorithm, octetString(bytes))),
    setOf(id),
  );
  const bags = [bagOf(leaf, [id]), ...others.map((one) => bagOf(one, []))];
  return build(profile, use, [encryptedBags(profile, use, bags), plainBags([keyBag])]);
}

/** Certificates that Java trusts, named as cert-manager does. */
export function buildTruststore(
  authorities: readonly ParsedCertificate[],
  { profile, password, key }: KeystoreSettings & { readonly key: KeyObject },
): Uint8Array {
  const use = useOf(password, key, "truststore");
  const bags = authorities.map((one) => {
    const name = Buffer.from(one.subject.flat().at(-1)?.value ?? "ca", "utf16le").swap16();
    return bagOf(one, [
      sequence(friendlyName, setOf(element(bmpString, name))),
      sequence(trustedUsage, setOf(anyUsage)),
    ]);
  });
  return build(profile, use, [encryptedBags(profile, use, bags)]);
}

/** Salts must differ, not be unknown; drawn from the key they are the same when nothing else changes, so nothing is written anew. */
function useOf(password: string, key: KeyObject, store: string): ProfileUse {
  const secret = createHash("sha256").update(formatKeyDer(key).reveal()).digest();
  const salts: Salts = (purpose, length) =>
    createHmac("sha256", secret)
      .update(`${store}\n${purpose}\n${password}`)
      .digest()
      .subarray(0, length);
  return { password, salts };
}

function bagOf({ der }: ParsedCertificate, attributes: readonly Uint8Array[]): Uint8Array {
  return sequence(
    certificateBag,
    explicit(0, sequence(x509, explicit(0, octetString(der)))),
    ...(attributes.length === 0 ? [] : [setOf(...attributes)]),
  );
}

function plainBags(bags: readonly Uint8Array[]): Uint8Array {
  return sequence(contentTypes.data, explicit(0, octetString(sequence(...bags))));
}

function encryptedBags(
  profile: KeystoreProfile,
  use: ProfileUse,
  bags: readonly Uint8Array[],
): Uint8Array {
  const { certificates } = keystoreProfiles[profile];
  const { algorithm, bytes } = certificates(sequence(...bags), "certificates", use);
  const content = sequence(contentTypes.data, algorithm, implicit(0, bytes));
  return sequence(contentTypes.encryptedData, explicit(0, sequence(smallInteger(0), content)));
}

function build(
  profile: KeystoreProfile,
  use: ProfileUse,
  contents: readonly Uint8Array[],
): Uint8Array {
  const safe = sequence(...contents);
  return sequence(
    smallInteger(3),
    sequence(contentTypes.data, explicit(0, octetString(safe))),
    keystoreProfiles[profile].seal(safe, use),
  );
}
