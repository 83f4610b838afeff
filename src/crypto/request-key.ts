/** The public key that a certificate signing request asks a certificate for (RFC 2986 §4.1). */

import { err, ok, type Result } from "#base/result.ts";
import { readElement, readElements } from "./der-reader.ts";

export interface RequestBytes {
  readonly der: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
}

const maxPemBytes = 64 * 1024;

/** Reads a request in PEM; its signature is not verified. */
export function parseRequestKey(pem: string): Result<RequestBytes, string> {
  if (pem.length > maxPemBytes) return err("a request of more than 64 KiB");
  const [, body] =
    /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]*)-----END/.exec(pem) ?? [];
  if (body === undefined) return err("no certificate signing request in PEM");
  const der = Buffer.from(body, "base64");
  const outer = readElement(der);
  const parts = outer.ok ? readElements(outer.value.content) : outer;
  const info = parts.ok ? parts.value[0] : undefined;
  const fields = info === undefined ? err("none") : readElements(info.content);
  // version, subject, subjectPKInfo
  const publicKey = fields.ok ? fields.value[2]?.whole : undefined;
  return publicKey === undefined ? err("a request that cannot be read") : ok({ der, publicKey });
}
