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
  name: optional(text, "Name by which other objects refer to it."),
  protocol: optional(text, '"HTTP", "TCP" or "UDP".'),
  port: optional(integer(), "From 1 to 65535."),
  ssl: optional(boolean, "Whether TLS ends here."),
  ipv4: optional(text, "Address it is opened on; default all."),
  ipv6: optional(text, "Address it is opened on; default all."),
});

const body = fields({
  spec: optional(
    fields({
      listeners: optional(positionalList(listener), "Ports that other objects refer to by name."),
    }),
    "The ports.",
  ),
});

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
  withoutEffect: [],
  columns: [],
  definition: {
    description: "More ports for a gateway, by name.",
    retiredVersions: ["v1alpha1"],
  },
};
