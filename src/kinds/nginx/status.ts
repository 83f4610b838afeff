/** Statuses of kinds of k8s.nginx.org: whether an object is in force, why not, and where it is reached. */

import { fields, optional, positionalList, text } from "#base/schema.ts";

const state = {
  state: optional(text, '"Valid", "Warning" or "Invalid".'),
  reason: optional(text, "Why, in one word."),
  message: optional(text, "Why, in a sentence."),
};

const endpoint = fields({
  ip: optional(text, "An address of the gateway."),
  hostname: optional(text, "A name of the gateway."),
  ports: optional(text, 'Its ports, as in "[80,443]".'),
});

const externalEndpoints = optional(positionalList(endpoint), "Where clients reach it.");

export const stateStatus = fields(state);

export const endpointStatus = fields({ ...state, externalEndpoints });

export const routeStatus = fields({
  ...state,
  referencedBy: optional(text, "The VirtualServer that gives it its routes, as NAMESPACE/NAME."),
  externalEndpoints,
});
