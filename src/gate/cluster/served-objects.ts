/** What of a cluster a gate reads: which kinds, and which Secrets their objects name. */

import { isJsonObject } from "#base/json.ts";
import { endpointSliceKind } from "#kinds/endpoint-slice.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { ingressClassKind } from "#kinds/ingress-class.ts";
import { type Kind, read } from "#kinds/kind.ts";
import { globalConfigurationKind } from "#kinds/nginx/global-configuration.ts";
import { policyKind } from "#kinds/nginx/policy.ts";
import { transportServerKind } from "#kinds/nginx/transport-server.ts";
import { virtualServerKind } from "#kinds/nginx/virtual-server.ts";
import { virtualServerRouteKind } from "#kinds/nginx/virtual-server-route.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { serviceKind } from "#kinds/service.ts";

/**
 * The kinds that dialects translate, and those that they look at meanwhile. Of a kind that a cluster does not define it
 * has no objects until it does.
 */
export const servedKinds = [
  endpointSliceKind,
  globalConfigurationKind,
  ingressClassKind,
  ingressKind,
  policyKind,
  secretKind,
  serviceKind,
  transportServerKind,
  virtualServerKind,
  virtualServerRouteKind,
] as const satisfies readonly Kind<unknown>[];

/** Most have none, and whole objects need not be read for that. */
function mayNameSecrets(object: KubeObject): boolean {
  const { spec } = object.body;
  return (
    keyOf(object).kind === policyKind.id ||
    (isJsonObject(spec) && spec["tls"] !== undefined) ||
    namedByAnnotations(object).length > 0
  );
}

/** Annotations of Ingresses whose value is the name of a Secret. */
const secretAnnotations = ["nginx.org/basic-auth-secret", "nginx.com/jwt-key"];

function namedByAnnotations(object: KubeObject): readonly string[] {
  if (keyOf(object).kind !== ingressKind.id) return [];
  const { annotations } = object.metadata;
  return secretAnnotations.flatMap((annotation) => annotations[annotation] || []);
}

/** The kinds whose objects name Secrets with certificates. */
export const kindsWithSecrets = [ingressKind.id, virtualServerKind.id] as const;

/** The Secrets that an object names; none where it names none that can be read. */
export function secretsOf(object: KubeObject): readonly ObjectKey[] {
  if (!mayNameSecrets(object)) return [];
  const { namespace } = object.metadata;
  return [...new Set(secretNamesOf(object))].map((name) => ({
    kind: secretKind.id,
    namespace,
    name,
  }));
}

function secretNamesOf(object: KubeObject): readonly string[] {
  const { kind } = keyOf(object);
  if (kind === ingressKind.id) {
    const tls = read(ingressKind, object).value?.spec?.tls ?? [];
    return [...tls.flatMap((entry) => entry?.secretName ?? []), ...namedByAnnotations(object)];
  }
  if (kind === policyKind.id) {
    const spec = read(policyKind, object).value?.spec ?? {};
    const { basicAuth, apiKey, egressMTLS, externalAuth, ingressMTLS, jwt, oidc } = spec;
    const named = [
      ...[basicAuth?.secret, apiKey?.clientSecret, externalAuth?.trustedCertSecret],
      ...[jwt?.secret, jwt?.trustedCertSecret, ingressMTLS?.clientCertSecret],
      ...[oidc?.clientSecret, oidc?.trustedCertSecret],
      ...[egressMTLS?.tlsSecret, egressMTLS?.trustedCertSecret],
    ];
    return named.flatMap((name = "") => (name === "" ? [] : [name]));
  }
  if (kind !== virtualServerKind.id && kind !== transportServerKind.id) return [];
  const server = kind === virtualServerKind.id ? virtualServerKind : transportServerKind;
  const { secret = "" } = read<Served>(server, object).value?.spec?.tls ?? {};
  return secret === "" ? [] : [secret];
}

type Served = { readonly spec?: { readonly tls?: { readonly secret?: string } } };
