/** Headers that annotations set, add, hide and pass, beside those that nginx sets itself. */

import type { HeaderChange } from "#model/header-change.ts";
import type { Text } from "#model/text.ts";
import { annotationField } from "../../common/support.ts";
import {
  checkHeaderValue,
  checkInheritance,
  commonHeaders,
  type Inheritance,
  inheritHeaders,
  parseAddedHeaders,
} from "../added-headers.ts";
import { hiddenOrders, host, ownHeaders, type ProxyHeaders } from "../features/routes/headers.ts";
import { checkHeaderName } from "../names.ts";
import { isOn, listOf, type Told } from "./values.ts";

const setHeaders = "nginx.org/proxy-set-headers";
const addHeaders = "nginx.org/add-header";
const inherit = "nginx.org/add-header-inherit";

/** By whom a location is told: its own Ingress, and the one that has the host. */
export interface Tellers {
  readonly location: Told;
  readonly server: Told;
}

/** What a location does to headers. */
export function translateHeaders({ location, server }: Tellers): ProxyHeaders {
  const own = namedIn(location);
  const names = new Set(own.map(({ name }) => name));
  const set = [...own, ...namedIn(server).filter(({ name }) => !names.has(name))];
  const given = set.find(({ name }) => name === "host");
  const replaced = new Set(set.map(({ name }) => name));
  const isSecure = isOn(server, "nginx.org/redirect-to-https");
  return {
    host: given?.value ?? host,
    requestHeaders: [
      ...ownHeaders.filter(({ name }) => !replaced.has(name)),
      ...(isSecure && !replaced.has("x-forwarded-proto")
        ? [{ kind: "set", name: "x-forwarded-proto", value: "https" } as const]
        : []),
      ...set.filter(({ name }) => name !== "host").map(settingOf),
    ],
    responseHeaders: responseChanges(location, server),
  };
}

function settingOf({ name, value }: NamedText): HeaderChange {
  return value === "" ? { kind: "remove", name } : { kind: "set", name, value };
}

interface NamedText {
  readonly name: string;
  readonly value: Text;
}

/** `Name: value, Name2`: one without a value is passed on as the client sent it. */
function namedIn(told: Told): readonly NamedText[] {
  return listOf(told, setHeaders).flatMap((entry): readonly NamedText[] => {
    const [first = "", ...rest] = entry.split(":");
    const at = annotationField(setHeaders);
    const name = checkHeaderName(first.trim(), at, told.report)?.toLowerCase();
    if (name === undefined) return [];
    if (rest.length === 0) return [{ name, value: [{ kind: "header", name }] }];
    const value = checkHeaderValue(rest.join(":").trim(), at, told.report);
    return value === undefined ? [] : [{ name, value }];
  });
}

function responseChanges(location: Told, server: Told): readonly HeaderChange[] {
  const passed = new Set(namesIn(server, "nginx.org/proxy-pass-headers"));
  const hidden = [
    ...namesIn(server, "nginx.org/proxy-hide-headers"),
    ...hiddenOrders.filter((name) => !passed.has(name)),
  ];
  return [
    ...[...new Set(hidden)].map((name): HeaderChange => ({ kind: "remove", name })),
    ...addedBy(location, server),
  ];
}

/** The ConfigMap has them for all hosts, who has a host for all of its locations, and a minion for its own. */
function addedBy(location: Told, server: Told): readonly HeaderChange[] {
  const common = commonHeaders(server.defaults);
  const byServer = inheritanceOf(server) ?? common.by;
  const ofServer = inheritHeaders(addedIn(server), { ...common, by: byServer });
  if (location === server) return ofServer;
  const by = inheritanceOf(location) ?? byServer;
  return inheritHeaders(addedIn(location), { headers: ofServer, by });
}

function addedIn({ said, report }: Told): readonly HeaderChange[] {
  return parseAddedHeaders(said(addHeaders) ?? "", annotationField(addHeaders), report);
}

function inheritanceOf({ said, report }: Told): Inheritance | undefined {
  return checkInheritance(said(inherit), annotationField(inherit), report);
}

function namesIn(told: Told, annotation: string): readonly string[] {
  return listOf(told, annotation).flatMap(
    (name) => checkHeaderName(name, annotationField(annotation), told.report)?.toLowerCase() ?? [],
  );
}
