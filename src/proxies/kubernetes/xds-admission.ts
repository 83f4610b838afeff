/** Lets requests through by the role that the peer's certificate names. */

import { parseCertificate } from "#crypto/parsed-certificate.ts";
import type { Http2Handler } from "#runtime/http2-server.ts";
import { peerCertificate } from "#runtime/peer-certificate.ts";
import { roleUri, type XdsRole } from "./xds-peers.ts";

export interface Admission {
  /** Where Sekisho runs. */
  readonly namespace: string;
  readonly role: XdsRole;
}

/**
 * `handler` for peers of that role; others get 403, which gRPC clients read as PERMISSION_DENIED. That the certificate is
 * one of ours the handshake has shown.
 */
export function admitOnly({ namespace, role }: Admission, handler: Http2Handler): Http2Handler {
  const wanted = roleUri(namespace, role);
  return (request, response) => {
    if (urisOf(peerCertificate(request)).includes(wanted)) {
      handler(request, response);
      return;
    }
    response.statusCode = 403;
    response.end(`the certificate of the client is not one of the role ${role}\n`);
  };
}

function urisOf(der: Uint8Array | undefined): readonly string[] {
  const certificate = der === undefined ? undefined : parseCertificate(der);
  if (certificate?.ok !== true) return [];
  return certificate.value.alternativeNames.flatMap((name) =>
    name.kind === "uri" ? [name.uri] : [],
  );
}
