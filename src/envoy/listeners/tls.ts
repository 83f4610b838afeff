/** How our listeners speak TLS, and where the certificate comes from. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import type { TransportSocket } from "#gen/envoy/config/core/v3/base_pb.ts";
import { TransportSocketSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import { SNISchema } from "#gen/envoy/extensions/transport_sockets/tls/cert_mappers/sni/v3/config_pb.ts";
import { ConfigSchema as OnDemandSchema } from "#gen/envoy/extensions/transport_sockets/tls/cert_selectors/on_demand_secret/v3/config_pb.ts";
import {
  CertificateValidationContext_TrustChainVerification,
  TlsParameters_TlsProtocol,
} from "#gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts";
import type { SdsSecretConfig } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import { SdsSecretConfigSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import type { CommonTlsContextSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts";
import { DownstreamTlsContextSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts";
import type { ClientCertificates } from "#model/client-certificate.ts";
import { secretName } from "#model/fragment.ts";
import type { CertificateGroup } from "#model/virtual-host.ts";
import { authoritiesName, ticketsName } from "../chain-names.ts";
import { durationOf, type Init, overAds, typedConfig, typedExtension } from "../encode.ts";
import { ticketLifetime } from "../secret-source.ts";
import { noServerName } from "../secrets/server-name.ts";
import { verifyDepth } from "../secrets/verify-depth.ts";
import type { ListenerSettings } from "./settings.ts";

type CommonTls = Init<typeof CommonTlsContextSchema>;

/** Forward secrecy and authenticated encryption only; the equal pair leaves the choice to a client without AES in hardware. */
const cipherSuites = [
  "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
  "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
];

/** The post-quantum hybrid first: what is recorded today shall not be read later. */
const curves = ["X25519MLKEM768", "X25519", "P-256", "P-384"];

const handshakes: CommonTls = {
  tlsParams: {
    tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
    tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
    cipherSuites,
    ecdhCurves: curves,
  },
};

/** What certificate authorities speak who ask whether a name is ours. */
export const authorityProtocol = "acme-tls/1";

const parameters: CommonTls = { ...handshakes, alpnProtocols: ["h2", "http/1.1"] };

/** The names of the secrets that a group's handshakes need. */
export function secretsOf(
  group: CertificateGroup,
  { sharesTickets }: Pick<ListenerSettings, "sharesTickets">,
): readonly string[] {
  const { name, secret, partner, clients } = group;
  return [
    ...(secret === undefined ? [] : [secret]),
    ...(partner === undefined ? [] : [partner]),
    ...(clients === undefined ? [] : [authoritiesName(secretName(clients.authorities))]),
    ...(sharesTickets === true && resumes(group) ? [ticketsName(name)] : []),
  ];
}

/** Of a session that is taken up again Envoy says that nobody was verified. */
export function resumes({ secret, clients }: CertificateGroup): boolean {
  return secret !== undefined && clients === undefined;
}

/** Secrets by name: a new certificate reaches new handshakes and drains nothing. Undefined: the group has none. */
export function tlsOfGroup(
  group: CertificateGroup,
  { sharesTickets }: Pick<ListenerSettings, "sharesTickets">,
): TransportSocket | undefined {
  const { name, secret, partner, clients } = group;
  if (secret === undefined) return undefined;
  const certificates = [secret, ...(partner === undefined ? [] : [partner])];
  const verification = clients === undefined ? {} : verificationOf(clients);
  const resumption = !resumes(group)
    ? withoutResumption
    : sharesTickets === true
      ? resumptionBy(ticketsName(name))
      : {};
  return withSecrets({ ...parameters, ...verification }, certificates, resumption);
}

/** The same for what is passed on without knowing what it is: no protocol is agreed on. */
export function tlsForStreams(
  secret: string,
  { sharesTickets }: Pick<ListenerSettings, "sharesTickets">,
): TransportSocket {
  const resumption = sharesTickets === true ? resumptionBy(ticketsName(secret)) : {};
  return withSecrets(handshakes, [secret], resumption);
}

/** The same for those alone who ask whether a name is ours (RFC 8737 §3). */
export function tlsForAuthorities(secret: string): TransportSocket {
  return withSecrets({ ...handshakes, alpnProtocols: [authorityProtocol] }, [secret]);
}

/** Of two, whose keys are of different types, each client gets the one that it can use, ECDSA if it can use both. */
function withSecrets(
  common: CommonTls,
  certificates: readonly string[],
  resumption: Init<typeof DownstreamTlsContextSchema> = {},
): TransportSocket {
  return tlsSocket({
    commonTlsContext: {
      ...common,
      tlsCertificateSdsSecretConfigs: certificates.map(secretNamed),
    },
    ...resumption,
    // Who asks for a name that neither has, or for none, must not be tied to the first one.
    ...(certificates.length < 2 ? {} : { fullScanCertsOnSniMismatch: true }),
  });
}

/** By tickets that every proxy opens, for connections of one name. */
function resumptionBy(tickets: string): Init<typeof DownstreamTlsContextSchema> {
  return {
    sessionTicketKeysType: {
      case: "sessionTicketKeysSdsSecretConfig",
      value: secretNamed(tickets),
    },
    sessionTimeout: durationOf(ticketLifetime.total("milliseconds")),
  };
}

/**
 * Handshakes succeed whatever a client shows: routes judge it (`routes/client-certificate.ts`). Of a session that is taken up
 * again Envoy says that nothing was verified, so that none is.
 */
function verificationOf({
  authorities,
  depth,
}: ClientCertificates): Pick<CommonTls, "validationContextType"> {
  const value = {
    defaultValidationContext: {
      trustChainVerification: CertificateValidationContext_TrustChainVerification.ACCEPT_UNTRUSTED,
      maxVerifyDepth: verifyDepth(depth),
    },
    validationContextSdsSecretConfig: secretNamed(authoritiesName(secretName(authorities))),
  };
  return { validationContextType: { case: "combinedValidationContext", value } };
}

function secretNamed(name: string): SdsSecretConfig {
  return create(SdsSecretConfigSchema, { name, sdsConfig: overAds() });
}

const withoutResumption = {
  sessionTicketKeysType: { case: "disableStatelessSessionResumption", value: true },
  disableStatefulSessionResumption: true,
} as const;

/**
 * The secret named as the server name of each handshake, asked for when the first one comes; nothing is fetched before.
 * Envoy refuses to combine this with session resumption, and with QUIC.
 */
export function tlsOnDemand(): TransportSocket {
  const mapper = create(SNISchema, { defaultValue: noServerName });
  const selector = create(OnDemandSchema, {
    configSource: overAds(),
    certificateMapper: typedExtension("envoy.tls.certificate_mappers.sni", SNISchema, mapper),
  });
  return tlsSocket({
    commonTlsContext: {
      ...parameters,
      customTlsCertificateSelector: typedExtension(
        "envoy.tls.certificate_selectors.on_demand_secret",
        OnDemandSchema,
        selector,
      ),
    },
    ...withoutResumption,
  });
}

function tlsSocket(context: MessageInitShape<typeof DownstreamTlsContextSchema>): TransportSocket {
  return create(TransportSocketSchema, {
    name: "envoy.transport_sockets.tls",
    configType: typedConfig(
      DownstreamTlsContextSchema,
      create(DownstreamTlsContextSchema, context),
    ),
  });
}
