/** Routes of VirtualServers and subroutes of VirtualServerRoutes (k8s.nginx.org/v1). */

import {
  boolean,
  fields,
  integer,
  list,
  oneOf,
  optional,
  positionalList,
  text,
} from "#base/schema.ts";
import { labelSelector } from "../label-selector.ts";
import { header } from "./upstream.ts";

/** Names a Policy; without a namespace one of the object's own. */
export const policyReference = fields({ name: optional(text), namespace: optional(text) });

const redirect = fields({ url: optional(text), code: optional(integer()) });

const fixedAnswer = fields({
  code: optional(integer()),
  type: optional(text),
  body: optional(text),
  headers: optional(positionalList(header)),
});

const addedHeader = fields({
  name: optional(text),
  value: optional(text),
  always: optional(boolean),
});

const proxy = fields({
  upstream: optional(text),
  rewritePath: optional(text),
  requestHeaders: optional(
    fields({ pass: optional(boolean), set: optional(positionalList(header)) }),
  ),
  responseHeaders: optional(
    fields({
      hide: optional(list(text)),
      pass: optional(list(text)),
      ignore: optional(list(text)),
      add: optional(positionalList(addedHeader)),
    }),
  ),
});

const action = fields({
  pass: optional(text),
  redirect: optional(redirect),
  return: optional(fixedAnswer),
  proxy: optional(proxy),
});

const split = fields({ weight: optional(integer()), action: optional(action) });

const condition = fields({
  header: optional(text),
  cookie: optional(text),
  argument: optional(text),
  variable: optional(text),
  value: optional(text),
});

const match = fields({
  conditions: optional(positionalList(condition)),
  action: optional(action),
  splits: optional(positionalList(split)),
});

const errorPage = fields({
  codes: optional(list(integer())),
  return: optional(fixedAnswer),
  redirect: optional(redirect),
});

/** Whether an `add_header` of a narrower scope replaces those of wider ones or joins them. */
export const addHeaderInherit = oneOf("on", "off", "merge");

/** Reads one route. Snippets are kept as text: they are nginx's own language. */
export const route = fields({
  path: optional(text),
  policies: optional(positionalList(policyReference)),
  route: optional(text),
  routeSelector: optional(labelSelector),
  action: optional(action),
  splits: optional(positionalList(split)),
  matches: optional(positionalList(match)),
  errorPages: optional(positionalList(errorPage)),
  "location-snippets": optional(text),
  "add-header-inherit": optional(addHeaderInherit),
  dos: optional(text),
});
