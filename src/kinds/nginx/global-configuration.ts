/** GlobalConfiguration, k8s.nginx.org/v1: the further ports of a gateway, by name. */

import {
  boolean,
  fields,
  integer,
  optional,
  type Parsed,
  positionalList,
  text,
} from "#base/schema.ts";
import type { Kind } from "../kind.ts";
import { fromAlpha } from "./versions.ts";

const listener = fields({
  name: optional(text),
  protocol: optional(text),
  port: optional(integer()),
  ssl: optional(boolean),
  ipv4: optional(text),
  ipv6: optional(text),
});

const body = fields({ spec: optional(fields({ listeners: optional(positionalList(listener)) })) });

export type GlobalConfiguration = Parsed<typeof body>;

export const globalConfigurationKind: Kind<GlobalConfiguration> = {
  id: "GlobalConfiguration.k8s.nginx.org",
  group: "k8s.nginx.org",
  version: "v1",
  kind: "GlobalConfiguration",
  plural: "globalconfigurations",
  shortNames: ["gc"],
  namespaced: true,
  legacy: fromAlpha,
  parse: body,
  withoutEffect: [
    {
      path: "spec",
      reason: "a gate listens on one port for HTTP and one for HTTPS",
      advice: "set those in sekisho.yaml",
    },
  ],
  columns: [],
};
