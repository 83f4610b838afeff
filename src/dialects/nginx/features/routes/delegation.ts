/** Routes that are given into other hands: which VirtualServerRoutes a VirtualServer means, and who means one of them. */

import { compareText } from "#base/compare.ts";
import type { Known } from "#kinds/kind.ts";
import { type LabelSelector, selects } from "#kinds/label-selector.ts";
import type { Route } from "#kinds/nginx/route.ts";
import { type VirtualServer, virtualServerKind } from "#kinds/nginx/virtual-server.ts";
import {
  type VirtualServerRoute,
  virtualServerRouteKind,
} from "#kinds/nginx/virtual-server-route.ts";
import { keyOf, parseKey } from "#kinds/object.ts";
import type { World } from "../../../dialect.ts";
import type { WorldIndex } from "../../../world-indexes.ts";
import { isLabel, isSubdomain } from "../../names.ts";
import { type Report, refuses } from "../../report.ts";

/** VirtualServers by the VirtualServerRoutes that they name, `namespace/name`. */
const serversByRoute: WorldIndex = {
  name: "nginx.serversByRoute",
  kind: virtualServerKind.id,
  keysOf: (known) =>
    routesOf(known).flatMap(({ route = "" }) => {
      const named = parseReference(route, known.object.metadata.namespace);
      return named === undefined ? [] : [`${named.namespace}/${named.name}`];
    }),
};

/** VirtualServers by the label that their selectors ask for first. */
const serversByLabel: WorldIndex = {
  name: "nginx.serversByLabel",
  kind: virtualServerKind.id,
  keysOf: (known) =>
    routesOf(known).flatMap(({ routeSelector }) => firstLabel(routeSelector) ?? []),
};

/** VirtualServerRoutes by each of their labels. */
const routesByLabel: WorldIndex = {
  name: "nginx.routesByLabel",
  kind: virtualServerRouteKind.id,
  keysOf: ({ object }) => Object.entries(object.metadata.labels).map(labelKey),
};

export const delegationIndexes = [serversByRoute, serversByLabel, routesByLabel];

export interface Delegated {
  /** As messages name it. */
  readonly key: string;
  /** Undefined: there is none of that name. */
  readonly object: Known<VirtualServerRoute> | undefined;
}

/** The VirtualServerRoutes that a route means; undefined after a complaint. */
export function delegatesOf(
  { route = "", routeSelector }: Route,
  at: string,
  report: Report,
  world: World,
): readonly Delegated[] | undefined {
  if (routeSelector === undefined) {
    const named = parseReference(route, report.origin.namespace);
    if (named === undefined)
      return refuses(report, `${at}.route`, route, "must be a name, or namespace/name");
    const { namespace, name } = named;
    const object = world.get(virtualServerRouteKind, namespace, name);
    return [{ key: `${namespace}/${name}`, object }];
  }
  const label = firstLabel(routeSelector);
  if (label === undefined) {
    const detail = "must ask for at least one label in matchLabels";
    return refuses(report, `${at}.routeSelector`, "", detail);
  }
  return [...world.filed(routesByLabel.name, label)].sort(compareText).flatMap((key) => {
    const { namespace, name } = parseKey(key);
    const object = world.get(virtualServerRouteKind, namespace, name);
    if (object === undefined || !selects(routeSelector, object.object.metadata.labels)) return [];
    return [{ key: `${namespace}/${name}`, object }];
  });
}

/** A VirtualServer that means a VirtualServerRoute, and at which of its paths. */
export interface Delegator {
  readonly server: Known<VirtualServer>;
  readonly paths: readonly string[];
}

/** Who means a VirtualServerRoute, in the order of their names. */
export function delegatorsOf(
  object: Known<VirtualServerRoute>,
  world: World,
): readonly Delegator[] {
  const { namespace, name, labels } = object.object.metadata;
  const keys = new Set([
    ...world.filed(serversByRoute.name, `${namespace}/${name}`),
    ...Object.entries(labels).flatMap((label) => [
      ...world.filed(serversByLabel.name, labelKey(label)),
    ]),
  ]);
  return [...keys].sort(compareText).flatMap((key) => {
    const at = parseKey(key);
    const server = world.get(virtualServerKind, at.namespace, at.name);
    const paths = server === undefined ? [] : pathsFor(server, object);
    return server === undefined || paths.length === 0 ? [] : [{ server, paths }];
  });
}

/** At which of its paths a VirtualServer means a VirtualServerRoute. */
export function pathsFor(
  server: Known<VirtualServer>,
  object: Known<VirtualServerRoute>,
): readonly string[] {
  const { namespace, name } = keyOf(object.object);
  return routesOf(server).flatMap(({ path = "", route = "", routeSelector }) => {
    if (routeSelector !== undefined) {
      const { labels } = object.object.metadata;
      const isMeant = firstLabel(routeSelector) !== undefined && selects(routeSelector, labels);
      return isMeant ? [path] : [];
    }
    const named = parseReference(route, server.object.metadata.namespace);
    return named?.namespace === namespace && named.name === name ? [path] : [];
  });
}

function routesOf(known: Known<unknown>): readonly Route[] {
  const { value } = known as Known<VirtualServer>;
  return (value?.spec?.routes ?? []).filter((route) => route !== undefined);
}

function parseReference(
  text: string,
  own: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const [first = "", second, ...more] = text.split("/");
  const [namespace, name] = second === undefined ? [own, first] : [first, second];
  const isValid = more.length === 0 && isLabel(namespace) && isSubdomain(name);
  return isValid ? { namespace, name } : undefined;
}

function firstLabel(selector: LabelSelector | undefined): string | undefined {
  const [first] = Object.entries(selector?.matchLabels ?? {}).sort(([a], [b]) => compareText(a, b));
  return first === undefined ? undefined : labelKey(first);
}

function labelKey([key, value]: readonly [string, string]): string {
  return `${key}=${value}`;
}
