/** F5 NGINX Ingress Controller: its kinds (k8s.nginx.org/v1), its Ingresses and its ConfigMap into their fragments of the model. */

import { type ConfigMap, configMapKind } from "#kinds/config-map.ts";
import { type Ingress, ingressKind } from "#kinds/ingress.ts";
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
import type { Host } from "#model/host.ts";
import { findingAt, originOf } from "../common/findings.ts";
import { indexSupport, supportFindings } from "../common/support.ts";
import type { Dialect, DialectSettings, World } from "../dialect.ts";
import { defaultsIn, takesConfigMap, translateConfigMap } from "./config-map.ts";
import { broken } from "./features/routes/action.ts";
import { delegationIndexes } from "./features/routes/delegation.ts";
import { parseHost } from "./features/server/host.ts";
import { globalConfigurations } from "./features/server/listeners.ts";
import { translateGlobalConfiguration } from "./global-configuration.ts";
import { takesIngress } from "./ingress/class.ts";
import { translateIngress } from "./ingress/ingress.ts";
import { mergeableIndexes } from "./ingress/mergeable.ts";
import { translatePolicy } from "./policy.ts";
import { statusAddress } from "./status-address.ts";
import { nginxSupport } from "./support.ts";
import { translateTransportServer } from "./transport-server.ts";
import { translateVirtualServer } from "./virtual-server.ts";
import { translateVirtualServerRoute } from "./virtual-server-route.ts";

const supportIndex = indexSupport(nginxSupport);

export const nginx: Dialect = {
  name: "nginx",
  kinds: [
    ...[virtualServerKind.id, virtualServerRouteKind.id, ingressKind.id, configMapKind.id],
    ...[transportServerKind.id, globalConfigurationKind.id, policyKind.id],
  ],
  takes,
  indexes: [...delegationIndexes, globalConfigurations, ...mergeableIndexes],
  support: nginxSupport,
  translate: (object, world, settings) => {
    const fragment = translate(object, world, settings);
    const { kind } = keyOf(object.object);
    if (!fragment.claimed) return fragment;
    const findings = [...fragment.findings, ...supportFindings(object, supportIndex)];
    return { ...fragment, ...statusAddress(kind, defaultsIn(world, settings)), findings };
  },
  refuse,
};

/** Kinds that are not the controller's alone: some of their objects are. */
function takes(object: Known<unknown>, world: World, settings: DialectSettings): boolean {
  switch (keyOf(object.object).kind) {
    case ingressKind.id:
      return takesIngress(object as Known<Ingress>, world);
    case configMapKind.id:
      return takesConfigMap(object, settings);
    default:
      return true;
  }
}

function translate(object: Known<unknown>, world: World, settings: DialectSettings): Fragment {
  const seniority = seniorityOf(object);
  switch (seniority.kind) {
    case virtualServerKind.id:
      return translateVirtualServer(object as Known<VirtualServer>, world, settings, seniority);
    case transportServerKind.id:
      return translateTransportServer(object as Known<TransportServer>, world, settings, seniority);
    case policyKind.id:
      return translatePolicy(object as Known<Policy>, world, settings, seniority);
    case globalConfigurationKind.id: {
      const configuration = object as Known<GlobalConfiguration>;
      return translateGlobalConfiguration(configuration, world, settings, seniority);
    }
    case ingressKind.id:
      return translateIngress(object as Known<Ingress>, world, settings);
    case configMapKind.id:
      return translateConfigMap(object as Known<ConfigMap>, seniority);
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

/** 500 on the hosts of a VirtualServer or an Ingress, if they can be told; other objects serve nothing. */
function refuse(object: Known<unknown>, problem: string): Fragment {
  const origin = originOf(object);
  const everything = { kind: "prefix", path: "/" } as const;
  return {
    seniority: seniorityOf(object),
    claimed: true,
    rules: hostsOf(object).flatMap((text) => {
      const host: Host | undefined =
        text === "" ? { kind: "any" } : parseHost(text, { origin, findings: [] });
      const routes = [{ match: everything, action: broken, origin }];
      return host === undefined ? [] : [{ host, ownership: "whole", routes, origin }];
    }),
    certificates: [],
    wantedCertificates: "as-before",
    findings: [
      findingAt(origin, "", "error", {
        reason: "InternalError",
        message: `a bug of ours met this object: ${problem}; its hosts answer 500`,
        advice: "report it with this manifest; other objects are served as before",
      }),
    ],
  };
}

/** As they are written; of an Ingress, an empty one is every host. */
function hostsOf(object: Known<unknown>): readonly string[] {
  switch (keyOf(object.object).kind) {
    case virtualServerKind.id: {
      const host = (object as Known<VirtualServer>).value?.spec?.host;
      return host === undefined || host === "" ? [] : [host];
    }
    case ingressKind.id:
      return ((object as Known<Ingress>).value?.spec?.rules ?? []).map((rule) => rule?.host ?? "");
    default:
      return [];
  }
}
