/** Certificates from an ACME server: the chain that is offered first, or another one that the issuer prefers (RFC 8555 §7.4.2). */

import { type CertificateChain, parseCertificateChain } from "#crypto/x509/certificate-chain.ts";
import { AcmeError } from "./acme-error.ts";
import type { AcmeSession, Signer } from "./session.ts";
import type { AcmeAnswer } from "./transport.ts";

/** A server offers a handful; no more are fetched. */
const maxAlternates = 10;

/**
 * The chain, leaf first. With `preferred`, the first chain on offer whose topmost certificate was issued under
 * that common name; if there is none, the one that is offered first.
 */
export async function downloadChain(
  session: AcmeSession,
  signer: Signer,
  { url, preferred }: { readonly url: string; readonly preferred: string | undefined },
  signal: AbortSignal,
): Promise<CertificateChain> {
  const first = await session.post({ action: "get_cert", url }, undefined, signer, signal);
  const usual = chainOf(first);
  if (preferred === undefined || usual.topmostIssuer === preferred) return usual;
  for (const alternate of alternatesOf(first, url).slice(0, maxAlternates)) {
    const other = chainOf(
      await session.post({ action: "get_cert", url: alternate }, undefined, signer, signal),
    );
    if (other.topmostIssuer === preferred) return other;
  }
  return usual;
}

function chainOf({ body }: AcmeAnswer): CertificateChain {
  const chain = parseCertificateChain(body);
  if (!chain.ok) throw new AcmeError("unreadable", `the server gives ${chain.error}`);
  return chain.value;
}

/** Links of relation `alternate` (RFC 8288 §3), to the same server. */
function alternatesOf({ headers }: AcmeAnswer, base: string): readonly string[] {
  const links = (headers["link"] ?? "").matchAll(/<([^<>]*)>((?:\s*;\s*[^,<>]*)*)/g);
  const { origin } = new URL(base);
  return [...links].flatMap(([, target = "", parameters = ""]) => {
    if (!/;\s*rel\s*=\s*"?(?:[^"]*\s)?alternate(?:\s[^"]*)?"?/.test(parameters)) return [];
    const url = URL.parse(target, base);
    return url?.origin === origin ? [url.href] : [];
  });
}
