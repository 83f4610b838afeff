/** How a backend is spoken to by TLS → the transport socket of its cluster. */

import { create } from "@bufbuild/protobuf";
import type { ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import {
  SubjectAltNameMatcher_SanType,
  TlsParameters_TlsProtocol,
} from "#gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts";
import type { CommonTlsContextSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts";
import { UpstreamTlsContextSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts";
import type { Backend, UpstreamTls } from "#model/backend.ts";
import { type Init, overAdsHoweverLate, typedConfig } from "../encode.ts";
import { verifyDepth } from "../secrets/verify-depth.ts";
import { shownSecretName, trustedSecretName } from "./upstream-secrets.ts";

type CommonTlsContext = Init<typeof CommonTlsContextSchema>;

/** HTTP/2 has to be agreed on in the handshake (RFC 9113 §3.2). */
export function upstreamTlsOf(
  backend: Backend,
  tls: "unverified" | UpstreamTls,
): Pick<Init<typeof ClusterSchema>, "transportSocket"> {
  const alpnProtocols = backend.protocol === "h2c" ? ["h2"] : ["http/1.1"];
  const papers = typeof tls === "string" ? undefined : tls;
  const context = create(UpstreamTlsContextSchema, {
    commonTlsContext: {
      alpnProtocols,
      ...(papers === undefined ? {} : papersOf(backend, papers)),
    },
    sni: papers?.serverName ?? "",
  });
  return {
    transportSocket: {
      name: "envoy.transport_sockets.tls",
      configType: typedConfig(UpstreamTlsContextSchema, context),
    },
  };
}

/** Envoy would speak TLS 1.2 alone to backends. */
function papersOf(backend: Backend, { certificate, verified }: UpstreamTls): CommonTlsContext {
  return {
    tlsParams: {
      tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
      tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
    },
    ...(certificate === undefined
      ? {}
      : { tlsCertificateSdsSecretConfigs: [secretNamed(shownSecretName(backend))] }),
    ...(verified === undefined ? {} : verificationOf(backend, verified)),
  };
}

function verificationOf(
  backend: Backend,
  { name, depth }: NonNullable<UpstreamTls["verified"]>,
): Pick<CommonTlsContext, "validationContextType"> {
  const matcher = { matchPattern: { case: "exact", value: name } } as const;
  const value = {
    defaultValidationContext: {
      matchTypedSubjectAltNames: [{ sanType: SubjectAltNameMatcher_SanType.DNS, matcher }],
      maxVerifyDepth: verifyDepth(depth),
    },
    validationContextSdsSecretConfig: secretNamed(trustedSecretName(backend)),
  };
  return { validationContextType: { case: "combinedValidationContext", value } };
}

function secretNamed(name: string): {
  readonly name: string;
  readonly sdsConfig: ReturnType<typeof overAdsHoweverLate>;
} {
  return { name, sdsConfig: overAdsHoweverLate() };
}
