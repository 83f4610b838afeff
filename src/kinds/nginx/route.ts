/** Routes of VirtualServers and subroutes of VirtualServerRoutes (k8s.nginx.org/v1). */

import {
  boolean,
  fields,
  integer,
  list,
  oneOf,
  optional,
  type Parsed,
  positionalList,
  text,
} from "#base/schema.ts";
import { labelSelector } from "../label-selector.ts";
import { header } from "./upstream.ts";

/** Names a Policy; without a namespace one of the object's own. */
export const policyReference = fields({
  name: optional(text, "Name of a Policy."),
  namespace: optional(text, "Its namespace; default that of the object."),
});

const redirect = fields({
  url: optional(
    text,
    "Where clients are sent; may hold variables of nginx in curly brackets behind a dollar sign.",
  ),
  code: optional(integer(), "301, 302, 307 or 308; default 301."),
});

const fixedAnswer = fields({
  code: optional(integer(), "A 2xx, 4xx or 5xx status; default 200."),
  type: optional(text, "Media type; default text/plain."),
  body: optional(
    text,
    "The body; may hold variables of nginx in curly brackets behind a dollar sign.",
  ),
  headers: optional(positionalList(header), "Headers of the answer."),
});

const addedHeader = fields({
  name: optional(text, "Name of the header."),
  value: optional(text, "Value of the header."),
  always: optional(boolean, "Whether it is added whatever the status; default false."),
});

const proxy = fields({
  upstream: optional(text, "Name of an upstream of the same object."),
  rewritePath: optional(
    text,
    "The path that the upstream is asked for: takes the place of the prefix that matched.",
  ),
  requestHeaders: optional(
    fields({
      pass: optional(boolean, "Whether those of the client are passed on; default true."),
      set: optional(positionalList(header), "Headers that are set; an empty value removes one."),
    }),
    "Headers of the request as the upstream gets it.",
  ),
  responseHeaders: optional(
    fields({
      hide: optional(list(text), "Headers that clients do not get."),
      pass: optional(list(text), "Headers that clients get, though they are hidden by default."),
      ignore: optional(list(text), "Headers that nginx itself does not heed."),
      add: optional(positionalList(addedHeader), "Headers that are added."),
    }),
    "Headers of the answer as the client gets it.",
  ),
});

const action = fields({
  pass: optional(text, "Name of an upstream of the same object that answers."),
  redirect: optional(redirect, "Sends the client elsewhere."),
  return: optional(fixedAnswer, "Answers without an upstream."),
  proxy: optional(proxy, "Passes the request on, changed."),
});

const split = fields({
  weight: optional(integer(), "Percent of the requests, from 0 to 100; those of a list make 100."),
  action: optional(action, "What is done with them."),
});

const condition = fields({
  header: optional(text, "Name of a header."),
  cookie: optional(text, "Name of a cookie."),
  argument: optional(text, "Name of a query argument."),
  variable: optional(text, 'A variable, as in "$request_method".'),
  value: optional(text, 'What it must be: "!" negates, "~" begins a regular expression.'),
});

const match = fields({
  conditions: optional(positionalList(condition), "All of them must hold."),
  action: optional(action, "What is done when they hold."),
  splits: optional(positionalList(split), "Several actions, each for a share of the requests."),
});

const errorPage = fields({
  codes: optional(list(integer()), "Status codes of upstreams that are replaced."),
  return: optional(fixedAnswer, "Answers so in their place."),
  redirect: optional(redirect, "Sends the client elsewhere."),
});

/** Whether an `add_header` of a narrower scope replaces those of wider ones or joins them. */
export const addHeaderInherit = oneOf("on", "off", "merge");

/** Reads one route. Snippets are kept as text: they are nginx's own language. */
export const route = fields({
  path: optional(
    text,
    'A prefix ("/tea"), an exact path ("=/tea") or a regular expression ("~ ^/tea").',
  ),
  policies: optional(
    positionalList(policyReference),
    "Policies that hold here in place of those of the host.",
  ),
  route: optional(
    text,
    "A VirtualServerRoute, as NAMESPACE/NAME, that has the routes below this prefix.",
  ),
  routeSelector: optional(labelSelector, "VirtualServerRoutes by their labels."),
  action: optional(action, "What is done with a request."),
  splits: optional(positionalList(split), "Several actions, each for a share of the requests."),
  matches: optional(
    positionalList(match),
    "Actions under conditions; the first that holds is taken.",
  ),
  errorPages: optional(positionalList(errorPage), "Answers in place of errors of upstreams."),
  "location-snippets": optional(text, "Lines of nginx's configuration."),
  "add-header-inherit": optional(
    addHeaderInherit,
    "Whether headers added here replace those of wider scopes or join them.",
  ),
  dos: optional(text, "A DosProtectedResource."),
});

export type Route = Parsed<typeof route>;
export type Action = Parsed<typeof action>;
export type ActionProxy = Parsed<typeof proxy>;
export type ActionRedirect = Parsed<typeof redirect>;
export type ActionReturn = Parsed<typeof fixedAnswer>;
export type Split = Parsed<typeof split>;
export type Match = Parsed<typeof match>;
export type Condition = Parsed<typeof condition>;
export type ErrorPage = Parsed<typeof errorPage>;
export type PolicyReference = Parsed<typeof policyReference>;
