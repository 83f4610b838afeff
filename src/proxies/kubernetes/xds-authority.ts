/** The roots of xDS as one state: what each step of a rotation makes of it, and how it is stored. */

import { err, ok, type Result } from "#base/result.ts";
import { formatPrivateKey, parseSigningKey } from "#crypto/keys/signing-key.ts";
import { type ParsedCertificate, parseCertificate } from "#crypto/x509/parsed-certificate.ts";
import type { SecretValues, StoredSecret } from "../stored-secret.ts";
import type { RotationState, RotationStep } from "./root-rotation.ts";
import { createRoot, type SigningRoot } from "./xds-certificates.ts";

export interface XdsAuthority {
  readonly signing: SigningRoot;
  readonly next?: SigningRoot & { readonly publishedAt?: Temporal.Instant };
  readonly previous?: {
    readonly certificate: ParsedCertificate;
    readonly retiredAt: Temporal.Instant;
  };
}

/** What decides about the next step. */
export function rotationState({ signing, next, previous }: XdsAuthority): RotationState {
  return {
    signing: signing.certificate,
    ...(next !== undefined && {
      next: {
        notAfter: next.certificate.notAfter,
        ...(next.publishedAt !== undefined && { publishedAt: next.publishedAt }),
      },
    }),
    ...(previous !== undefined && { previous }),
  };
}

/** The first authority. */
export function createAuthority(now: Temporal.Instant): XdsAuthority {
  return { signing: createRoot(now) };
}

/** What a step that is due makes of an authority. */
export function takeStep(
  authority: XdsAuthority,
  step: Exclude<RotationStep["kind"], "wait">,
  now: Temporal.Instant,
): XdsAuthority {
  const { signing, next, previous } = authority;
  switch (step) {
    case "add":
      return { signing, next: createRoot(now) };
    case "publish":
      return next === undefined ? authority : { signing, next: { ...next, publishedAt: now } };
    case "sign": {
      if (next === undefined) return authority;
      const { publishedAt: _, ...root } = next;
      return { signing: root, previous: { certificate: signing.certificate, retiredAt: now } };
    }
    case "drop":
      return previous === undefined ? authority : { signing };
    case "replace":
      return createAuthority(now);
  }
}

/** Every certificate that is trusted, as one PEM text: the one that signs first. */
export function formatBundle({ signing, next, previous }: XdsAuthority): string {
  return [signing, next, previous].map((root) => root?.certificate.pem ?? "").join("");
}

/** The values of the Secret. A key that signs no more is not kept. */
export function formatAuthority({ signing, next, previous }: XdsAuthority): SecretValues {
  return {
    "signing.crt": signing.certificate.pem,
    "signing.key": formatPrivateKey(signing.key).reveal(),
    ...(next !== undefined && {
      "next.crt": next.certificate.pem,
      "next.key": formatPrivateKey(next.key).reveal(),
      ...(next.publishedAt !== undefined && { "next.published": next.publishedAt.toString() }),
    }),
    ...(previous !== undefined && {
      "previous.crt": previous.certificate.pem,
      "previous.retired": previous.retiredAt.toString(),
    }),
  };
}

/** The authority of a Secret; the error says which value is wrong, and nothing of a key. */
export function parseAuthority({ value }: StoredSecret): Result<XdsAuthority, string> {
  const signing = parseRoot("signing", value);
  if (!signing.ok) return signing;
  const next = value("next.crt") === undefined ? undefined : parseRoot("next", value);
  if (next?.ok === false) return next;
  const publishedAt = parseMoment("next.published", value);
  if (!publishedAt.ok) return publishedAt;
  const previous = parsePrevious(value);
  if (!previous.ok) return previous;
  return ok({
    signing: signing.value,
    ...(next !== undefined && {
      next: {
        ...next.value,
        ...(publishedAt.value !== undefined && { publishedAt: publishedAt.value }),
      },
    }),
    ...(previous.value !== undefined && { previous: previous.value }),
  });
}

type Values = StoredSecret["value"];

function parseRoot(name: "signing" | "next", value: Values): Result<SigningRoot, string> {
  const certificate = readCertificate(`${name}.crt`, value);
  if (!certificate.ok) return certificate;
  const key = parseSigningKey(value(`${name}.key`) ?? new Uint8Array());
  if (!key.ok) return err(`${name}.key: ${key.error}`);
  if (!certificate.value.belongsTo(key.value))
    return err(`${name}.key is not the key of ${name}.crt`);
  return ok({ certificate: certificate.value, key: key.value });
}

function parsePrevious(value: Values): Result<XdsAuthority["previous"], string> {
  if (value("previous.crt") === undefined) return ok(undefined);
  const certificate = readCertificate("previous.crt", value);
  if (!certificate.ok) return certificate;
  const retiredAt = parseMoment("previous.retired", value);
  if (!retiredAt.ok) return retiredAt;
  if (retiredAt.value === undefined) return err("previous.retired is missing");
  return ok({ certificate: certificate.value, retiredAt: retiredAt.value });
}

function readCertificate(name: string, value: Values): Result<ParsedCertificate, string> {
  const certificate = parseCertificate(value(name) ?? new Uint8Array());
  return certificate.ok ? certificate : err(`${name} is ${certificate.error}`);
}

function parseMoment(name: string, value: Values): Result<Temporal.Instant | undefined, string> {
  const text = value(name);
  if (text === undefined) return ok(undefined);
  try {
    return ok(Temporal.Instant.from(Buffer.from(text).toString("utf8")));
  } catch {
    // That the text is no time is the answer.
    return err(`${name} is no time`);
  }
}
