/** A world → the Kubernetes objects that say it: Ingresses, Services, EndpointSlices and Secrets. */

import type { Json } from "#base/json.ts";
import type { Draft } from "#store/object-store.ts";
import type { Change, World } from "./world.ts";

/** Where the objects are, and what they lead to. */
export interface ObjectPlace {
  readonly namespace: string;
  /** Of the machine on which the backends listen. */
  readonly address: string;
  /** Default: an Ingress names none. */
  readonly ingressClass?: string;
  /** What the hosts are said in. Default: Ingresses. */
  readonly hostsAre?: "VirtualServers";
}

export const onThisMachine: ObjectPlace = { namespace: "default", address: "127.0.0.1" };
/** An Ingress of a host with many routes has so many of them, as people write them. */
const routesPerIngress = 10;

export function allObjects(world: World, place = onThisMachine): readonly Draft[] {
  const { services } = world.shape;
  return [
    ...range(services).map((service) => serviceOf(service, place)),
    ...range(services).map((service) => sliceOf(world, service, place)),
    ...world.secureHosts.map((host) => secretOf(world, host, place)),
    ...(place.hostsAre === undefined ? allIngresses(world, place) : allServers(world, place)),
  ];
}

function allServers(world: World, place: ObjectPlace): readonly Draft[] {
  return range(world.shape.hosts).map((host) =>
    virtualServerOf(world, host * world.shape.routesPerHost, place),
  );
}

/** In the order of their hosts. */
export function allIngresses(world: World, place: ObjectPlace): readonly Draft[] {
  return range(world.routeCount)
    .filter((route) => isFirst(world, route))
    .map((route) => ingressOf(world, route, place));
}

/** The objects that a change writes, in order. */
export function objectsOf(world: World, change: Change, place = onThisMachine): readonly Draft[] {
  switch (change.kind) {
    case "route":
    case "host":
      return [
        place.hostsAre === undefined
          ? ingressOf(world, firstOf(world, change.route), place)
          : virtualServerOf(world, change.route, place),
      ];
    case "endpoint":
      return [sliceOf(world, change.service, place)];
    case "certificate":
      return [secretOf(world, change.host, place)];
    case "secure host":
      return [
        secretOf(world, world.hostOf(change.route), place),
        ingressOf(world, change.route, place),
      ];
  }
}

export function ingressName(world: World, route: number): string {
  const first = firstOf(world, route);
  const inHost = world.isAdded(route) ? 0 : first % world.shape.routesPerHost;
  return `i${world.hostOf(route)}-${inHost}`;
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}

/** The first route of the Ingress that holds this one. */
function firstOf(world: World, route: number): number {
  if (world.isAdded(route)) return route;
  return route - ((route % world.shape.routesPerHost) % routesPerIngress);
}

function isFirst(world: World, route: number): boolean {
  return firstOf(world, route) === route;
}

function ingressOf(world: World, first: number, place: ObjectPlace): Draft {
  const { namespace, ingressClass } = place;
  const { routesPerHost } = world.shape;
  const host = world.hostOf(first);
  const ofHost = world.isAdded(first) ? 1 : routesPerHost - (first % routesPerHost);
  const paths = range(Math.min(routesPerIngress, ofHost)).map((index) => ({
    path: world.pathOf(first + index),
    pathType: "Prefix",
    backend: {
      service: { name: `s${world.serviceOf(first + index)}`, port: { number: 80 } },
    },
  }));
  const name = world.hostName(host);
  const tls = world.isSecure(host)
    ? { tls: [{ hosts: [name], secretName: secretName(host) }] }
    : {};
  const className = ingressClass === undefined ? {} : { ingressClassName: ingressClass };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { namespace, name: ingressName(world, first) },
    body: { spec: { ...className, ...tls, rules: [{ host: name, http: { paths } }] } },
  };
}

/** Of the host of that route, whole. */
function virtualServerOf(world: World, route: number, { namespace }: ObjectPlace): Draft {
  const { routesPerHost } = world.shape;
  const host = world.hostOf(route);
  const ofHost = world.isAdded(route)
    ? [route]
    : range(routesPerHost).map((index) => host * routesPerHost + index);
  const services = [...new Set(ofHost.map((one) => world.serviceOf(one)))];
  const upstreams = services.map((one) => ({ name: `s${one}`, service: `s${one}`, port: 80 }));
  const routes = ofHost.map((one) => ({
    path: world.pathOf(one),
    action: { pass: `s${world.serviceOf(one)}` },
  }));
  const tls = world.isSecure(host) ? { tls: { secret: secretName(host) } } : {};
  return {
    apiVersion: "k8s.nginx.org/v1",
    kind: "VirtualServer",
    metadata: { namespace, name: serverName(world, route) },
    body: { spec: { host: world.hostName(host), ...tls, upstreams, routes } },
  };
}

/** The name of the VirtualServer of a route's host. */
export function serverName(world: World, route: number): string {
  return `v${world.hostOf(route)}`;
}

function serviceOf(service: number, { namespace }: ObjectPlace): Draft {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name: `s${service}` },
    body: { spec: { ports: [{ port: 80 }] } },
  };
}

function sliceOf(world: World, service: number, { namespace, address }: ObjectPlace): Draft {
  const endpoints: Json = [{ addresses: [address] }];
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      namespace,
      name: `s${service}`,
      labels: { "kubernetes.io/service-name": `s${service}` },
    },
    body: { addressType: "IPv4", endpoints, ports: [{ port: world.portOfService(service) }] },
  };
}

function secretOf(world: World, host: number, { namespace }: ObjectPlace): Draft {
  const { certificate, key } = world.pairOf(host);
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace, name: secretName(host) },
    body: {
      type: "kubernetes.io/tls",
      data: { "tls.crt": encode(certificate), "tls.key": encode(key) },
    },
  };
}

function secretName(host: number): string {
  return `c${host}`;
}
