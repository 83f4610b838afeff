/** Key material → the secret that Envoy gets. Key and chain travel in one resource, so that they always fit together. */

import { create } from "@bufbuild/protobuf";
import type { SecretBytes } from "#base/secret-bytes.ts";
import { DataSourceSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import { SecretSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import { encodeResource, type Init } from "../encode.ts";
import type { Resource } from "../resource.ts";
import type { Authorities, KeyMaterial } from "../secret-source.ts";

/** The resource's bytes hold the private key: `decode.ts` shows it redacted. `version`: as {@link encodeResource} takes it. */
export function buildSecret(name: string, material: KeyMaterial, version?: string): Resource {
  const message = create(SecretSchema, {
    name,
    type: {
      case: "tlsCertificate",
      value: {
        certificateChain: {
          specifier: { case: "inlineString", value: material.certificateChain },
        },
        privateKey: inlineBytes(material.privateKey),
      },
    },
  });
  const named = { type: "secret", name, ...(version === undefined ? {} : { version }) } as const;
  return encodeResource(named, SecretSchema, message);
}

/** Authorities by whom others are verified; what they took back goes along. */
export function buildAuthorities(name: string, { certificates, revoked }: Authorities): Resource {
  const inline = (value: string) => ({ specifier: { case: "inlineString", value } }) as const;
  const message = create(SecretSchema, {
    name,
    type: {
      case: "validationContext",
      value: {
        trustedCa: inline(certificates),
        ...(revoked === undefined ? {} : { crl: inline(revoked) }),
      },
    },
  });
  return encodeResource({ type: "secret", name }, SecretSchema, message);
}

/** What session tickets are sealed with, the first one for new ones. Secret like a private key. */
export function buildTicketKeys(name: string, keys: readonly SecretBytes[]): Resource {
  const message = create(SecretSchema, {
    name,
    type: {
      case: "sessionTicketKeys",
      value: {
        keys: keys.map((key) => create(DataSourceSchema, inlineBytes(key))),
      },
    },
  });
  return encodeResource({ type: "secret", name }, SecretSchema, message);
}

function inlineBytes(secret: SecretBytes): Init<typeof DataSourceSchema> {
  return { specifier: { case: "inlineBytes", value: secret.reveal() } };
}
