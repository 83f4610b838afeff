/** The two files through which Envoy reads certificate and authorities for xDS, and reads them again when they change. */

import { create, createRegistry, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { SubjectAltNameMatcher_SanType } from "#gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts";
import { SecretSchema } from "#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
import { DiscoveryResponseSchema } from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import type { XdsSecretName } from "./xds-endpoint.ts";

const registry = createRegistry(SecretSchema);

/**
 * File contents by the name of the resource. `mount` is the directory in which a Secret of type kubernetes.io/tls with
 * `ca.crt` is mounted: the kubelet changes its files by one rename in it, which Envoy watches for (Envoy, "Certificate
 * rotation for xDS gRPC connection"). `host`: the name that the server's certificate must have.
 */
export function formatXdsSecrets(
  mount: string,
  host: string,
): Readonly<Record<XdsSecretName, string>> {
  const file = (name: string) =>
    ({ specifier: { case: "filename", value: `${mount}/${name}` } }) as const;
  const watchedDirectory = { path: mount };
  return {
    "xds-certificate": format({
      name: "xds-certificate" satisfies XdsSecretName,
      type: {
        case: "tlsCertificate",
        value: {
          certificateChain: file("tls.crt"),
          privateKey: file("tls.key"),
          watchedDirectory,
        },
      },
    }),
    "xds-authorities": format({
      name: "xds-authorities" satisfies XdsSecretName,
      type: {
        case: "validationContext",
        value: {
          trustedCa: file("ca.crt"),
          watchedDirectory,
          matchTypedSubjectAltNames: [
            {
              sanType: SubjectAltNameMatcher_SanType.DNS,
              matcher: { matchPattern: { case: "exact", value: host } },
            },
          ],
        },
      },
    }),
  };
}

function format(secret: MessageInitShape<typeof SecretSchema>): string {
  const resources = [anyPack(SecretSchema, create(SecretSchema, secret))];
  const response = create(DiscoveryResponseSchema, { resources });
  const options = { registry, useProtoFieldName: true, prettySpaces: 2 };
  return `${JSON.stringify(toJson(DiscoveryResponseSchema, response, options), null, 2)}\n`;
}
