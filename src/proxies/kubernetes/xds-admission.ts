/** Lets requests through by the role that the peer's certificate names, and for as long as that is valid. */

import { type ParsedCertificate, parseCertificate } from "#crypto/x509/parsed-certificate.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Http2Handler } from "#runtime/http/http2-server.ts";
import { peerCertificate } from "#runtime/network/peer-certificate.ts";
import { roleUri, type XdsRole } from "./xds-peers.ts";

export interface Admission {
  readonly clock: Pick<Clock, "now" | "after">;
  /** Where Sekisho runs. */
  readonly namespace: string;
  readonly role: XdsRole;
}

/**
 * `handler` for peers of that role; others get 403, which gRPC clients read as PERMISSION_DENIED. That the certificate is
 * one of ours the handshake has shown. What is still open when it expires is ended with its connection: the peer comes
 * back with the certificate it has by then, or not at all.
 */
export function admitOnly(
  { clock, namespace, role }: Admission,
  handler: Http2Handler,
): Http2Handler {
  const wanted = roleUri(namespace, role);
  return (request, response) => {
    const refuse = (why: string): void => {
      response.statusCode = 403;
      response.end(`the certificate of the client ${why}\n`);
    };
    const der = peerCertificate(request);
    const certificate = der === undefined ? undefined : parseCertificate(der);
    if (certificate?.ok !== true || !urisOf(certificate.value).includes(wanted))
      return refuse(`is not one of the role ${role}`);
    const left = clock.now().until(certificate.value.notAfter);
    if (left.sign <= 0) return refuse("has expired");
    const { stream } = request;
    stream.once(
      "close",
      clock.after(left, () => stream.session?.destroy()),
    );
    handler(request, response);
  };
}

function urisOf({ alternativeNames }: ParsedCertificate): readonly string[] {
  return alternativeNames.flatMap((name) => (name.kind === "uri" ? [name.uri] : []));
}
