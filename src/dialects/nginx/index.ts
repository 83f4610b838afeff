/** F5 NGINX Ingress Controller: its kinds (k8s.nginx.org/v1) into their fragments of the model. */

import type { Known } from "#kinds/kind.ts";
import {
  type GlobalConfiguration,
  globalConfigurationKind,
} from "#kinds/nginx/global-configuration.ts";
import { type Policy, policyKind } from "#kinds/nginx/policy.ts";
import { type TransportServer, transportServerKind } from "#kinds/nginx/transport-server.ts";
import { type VirtualServer, virtualServerKind } from "#kinds/nginx/virtual-server.ts";
import {
  type VirtualServerRoute,
  virtualServerRouteKind,
} from "#kinds/nginx/virtual-server-route.ts";
import { keyOf } from "#kinds/object.ts";
import type { Fragment, Seniority } from "#model/fragment.ts";
import { findingAt, originOf } from "../common/findings.ts";
import { indexSupport, supportFindings } from "../common/support.ts";
import type { Dialect, DialectSettings, World } from "../dialect.ts";
import { broken } from "./features/action.ts";
import { delegationIndexes } from "./features/delegation.ts";
import { parseHost } from "./features/host.ts";
import { globalConfigurations } from "./features/listeners.ts";
import { translateGlobalConfiguration } from "./global-configuration.ts";
import { translatePolicy } from "./policy.ts";
import { nginxSupport } from "./support.ts";
import { translateTransportServer } from "./transport-server.ts";
import { translateVirtualServer } from "./virtual-server.ts";
import { translateVirtualServerRoute } from "./virtual-server-route.ts";

const supportIndex = indexSupport(nginxSupport);

export const nginx: Dialect = {
  name: "nginx",
  kinds: [
    ...[virtualServerKind.id, virtualServerRouteKind.id],
    ...[transportServerKind.id, globalConfigurationKind.id, policyKind.id],
  ],
  indexes: [...delegationIndexes, globalConfigurations],
  support: nginxSupport,
  translate: (object, world, settings) => {
    const fragment = translate(object, world, settings);
    const told = fragment.claimed ? supportFindings(object, supportIndex) : [];
    return { ...fragment, findings: [...fragment.findings, ...told] };
  },
  refuse,
};

function translate(object: Known<unknown>, world: World, settings: DialectSettings): Fragment {
  const seniority = seniorityOf(object);
  switch (seniority.kind) {
    case virtualServerKind.id:
      return translateVirtualServer(object as Known<VirtualServer>, world, settings, seniority);
    case transportServerKind.id:
      return translateTransportServer(object as Known<TransportServer>, world, settings, seniority);
    case policyKind.id:
      return translatePolicy(object as Known<Policy>, world, settings, seniority);
    case globalConfigurationKind.id:
      return translateGlobalConfiguration(object as Known<GlobalConfiguration>, world, seniority);
    default: {
      const route = object as Known<VirtualServerRoute>;
      return translateVirtualServerRoute(route, world, settings, seniority);
    }
  }
}

function seniorityOf({ object }: Known<unknown>): Seniority {
  const { kind, namespace, name } = keyOf(object);
  return { creationTimestamp: object.metadata.creationTimestamp, kind, namespace, name };
}

/** 500 on the host of a VirtualServer, if it can be told; other objects serve nothing. */
function refuse(object: Known<unknown>, problem: string): Fragment {
  const origin = originOf(object);
  const isServer = origin.kind === virtualServerKind.id;
  const text = (object as Known<VirtualServer>).value?.spec?.host;
  const host = isServer ? parseHost(text, { origin, findings: [] }) : undefined;
  const everything = { kind: "prefix", path: "/" } as const;
  return {
    seniority: seniorityOf(object),
    claimed: true,
    rules:
      host === undefined
        ? []
        : [
            {
              host,
              ownership: "whole",
              routes: [{ match: everything, action: broken, origin }],
              origin,
            },
          ],
    certificates: [],
    wantedCertificates: "as-before",
    findings: [
      findingAt(origin, "", "error", {
        reason: "InternalError",
        message: `a bug of ours met this object: ${problem}; ${isServer ? "its host answers 500" : "it serves nothing"}`,
        advice: "report it with this manifest; other objects are served as before",
      }),
    ],
  };
}
