/** Which location answers a request, and with which target upstream: the examples of nginx's documentation, and its corners. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeLocations, type Request } from "../nginx-locations.ts";
import { locationsOf, type Route } from "./virtual-server.ts";

/** Routes to upstreams that bear the name of their path; ` -> /x` behind it is a rewrite. */
function routes(...texts: readonly string[]): readonly Route[] {
  return texts.map((text) => {
    const [path = "", rewritePath] = text.split(" -> ");
    return { path, action: { upstream: path, ...(rewritePath !== undefined && { rewritePath }) } };
  });
}

function ask(list: readonly Route[], target: string, more: Partial<Request> = {}): string {
  const answer = judgeLocations(locationsOf(list), { method: "GET", target, headers: {}, ...more });
  switch (answer.kind) {
    case "passed":
      return `${answer.upstream} gets ${answer.target}`;
    case "slash":
      return `301 ${answer.to}`;
    case "page":
      return `${answer.status} with ${answer.body}`;
    case "redirect":
      return `${answer.status} ${answer.url}`;
    case "status":
      return `${answer.status}`;
  }
}

function table(cases: Record<string, readonly [actual: string, expected: string]>): void {
  for (const [sentence, [actual, expected]] of Object.entries(cases)) {
    it(sentence, () => assert.equal(actual, expected));
  }
}

// The example of ngx_http_core_module, "location".
const documented = routes("=/", "/", "/documents/", "^~/images/", "~* \\.(gif|jpg|jpeg)$");

describe("which location answers", () => {
  table({
    "an exact path": [ask(documented, "/"), "=/ gets /"],
    "the shortest prefix": [ask(documented, "/index.html"), "/ gets /index.html"],
    "the longest prefix": [
      ask(documented, "/documents/document.html"),
      "/documents/ gets /documents/document.html",
    ],
    "a prefix before regular expressions": [
      ask(documented, "/images/1.gif"),
      "^~/images/ gets /images/1.gif",
    ],
    "a regular expression before a prefix": [
      ask(documented, "/documents/1.JPG"),
      "~* \\.(gif|jpg|jpeg)$ gets /documents/1.JPG",
    ],
    "the first of two expressions": [ask(routes("~ a", "~ ab"), "/ab"), "~ a gets /ab"],
    "an expression with regard to case": [ask(routes("~ a"), "/A"), "404"],
    "a prefix by letters": [ask(routes("/tea"), "/teapot"), "/tea gets /teapot"],
    "`^~` counts only when it is the longest": [
      ask(routes("^~/a", "/a/b", "~ c"), "/a/b/c"),
      "~ c gets /a/b/c",
    ],
    nobody: [ask(routes("/tea"), "/coffee"), "404"],
    "the slash that a location ends with": [ask(routes("/tea/", "/"), "/tea?a=1"), "301 /tea/?a=1"],
    "a location of its own instead": [ask(routes("/tea/", "=/tea"), "/tea"), "=/tea gets /tea"],
  });
});

describe("what a path is", () => {
  table({
    decoded: [ask(routes("=/tea"), "/%74ea"), "=/tea gets /%74ea"],
    "slashes merged": [ask(routes("=/a/b"), "//a///b"), "=/a/b gets //a///b"],
    "slashes that were encoded, too": [ask(routes("=/a/b"), "/a%2Fb"), "=/a/b gets /a%2Fb"],
    "dot segments resolved": [ask(routes("=/b"), "/a/./../b"), "=/b gets /a/./../b"],
    "slashes merged first": [ask(routes("=/b"), "/a//../b"), "=/b gets /a//../b"],
    "encoded dots resolved": [ask(routes("=/b"), "/a/%2e%2E/b"), "=/b gets /a/%2e%2E/b"],
    "nothing decoded twice": [ask(routes("/"), "/%252e%252e/b"), "/ gets /%252e%252e/b"],
    "up and out": [ask(routes("/"), "/../b"), "400"],
    "a zero byte": [ask(routes("/"), "/%00"), "400"],
    "a percent sign alone": [ask(routes("/"), "/100%"), "400"],
    "a space at the end": [ask(routes("/"), "/a "), "/ gets /a"],
    "a space within": [ask(routes("/"), "/a b"), "400"],
    "a control character": [ask(routes("/"), "/\x01"), "400"],
    "a query takes no part": [ask(routes("=/a"), "/a?/../%zz"), "=/a gets /a?/../%zz"],
    "UTF-8": [ask(routes("/café"), "/caf%C3%A9"), "/café gets /caf%C3%A9"],
    "a path in a manifest is not decoded": [ask(routes("/caf%C3%A9"), "/caf%C3%A9"), "404"],
    "a line feed before the end": [ask(routes("~ a$"), "/a%0A"), "~ a$ gets /a%0A"],
    "a long one": [ask(routes("/"), `/${"a".repeat(9000)}`), "414"],
    "a whole URL": [ask(routes("/"), "http://h.test/a?b"), "/ gets /a?b"],
  });
});

describe("what the upstream gets", () => {
  table({
    "a prefix replaced": [ask(routes("/coffee -> /beans"), "/coffee/x"), "/coffee gets /beans/x"],
    "by a slash, literally": [ask(routes("/coffee -> /"), "/coffee/x"), "/coffee gets //x"],
    "an exact path replaced": [
      ask(routes("=/tea -> /leaves"), "/tea?a=1"),
      "=/tea gets /leaves?a=1",
    ],
    "the query stays": [ask(routes("/a -> /b"), "/a/c?d=%2f"), "/a gets /b/c?d=%2f"],
    "an empty query goes": [ask(routes("/a -> /b"), "/a?"), "/a gets /b"],
    "the rest decoded and encoded anew": [
      ask(routes("/a -> /b"), "/a/%41%20%2B%3f"),
      "/a gets /b/A%20+%3F",
    ],
    "what nobody encoded stays": [ask(routes("/a -> /b"), '/a/"\xe9'), '/a gets /b/"\xe9'],
    "the whole path by groups": [
      ask(routes("~ /(\\w+)/(\\w+) -> /$2/$1"), "/a/b?c"),
      "~ /(\\w+)/(\\w+) gets /b/a?c",
    ],
    "an expression that does not begin there changes nothing": [
      ask(routes("~ /b -> /x"), "/a/b%20"),
      "~ /b gets /a/b%20",
    ],
    "an expression without case is one with case for the rewrite": [
      ask(routes("~* /B -> /x"), "/b"),
      "~* /B gets /b",
    ],
  });
});

describe("matches", () => {
  const list = (
    of: "header" | "cookie" | "argument",
    value: string,
    not?: true,
  ): readonly Route[] => [
    {
      path: "/a",
      action: { upstream: "other", rewritePath: "/o" },
      matches: [
        {
          conditions: [{ of, name: "x", value, ...(not && { not }) }],
          action: { upstream: "this" },
        },
      ],
    },
  ];
  table({
    "a header in any case": [
      ask(list("header", "V1"), "/a/%41", { headers: { x: "v1" } }),
      "this gets /a/%41",
    ],
    "a header that is not there is empty": [ask(list("header", ""), "/a"), "this gets /a"],
    "another value": [
      ask(list("header", "V1"), "/a/b", { headers: { x: "v2" } }),
      "other gets /o/b",
    ],
    "not a value also means absence": [ask(list("header", "v1", true), "/a"), "this gets /a"],
    "a cookie": [
      ask(list("cookie", "on"), "/a", { headers: { cookie: "y=1; X=ON" } }),
      "this gets /a",
    ],
    "an argument, not decoded": [
      ask(list("argument", "%31"), "/a?y&x=%31"),
      "this gets /a?y&x=%31",
    ],
    "a rewrite behind matches starts from the wire and encodes again": [
      ask(list("header", "v1"), "/a/%20b?c"),
      "other gets /o/%2520b?c",
    ],
    "and meets its own location again when the wire's path does not begin so": [
      ask(list("header", "v1"), "/%61/b"),
      "404",
    ],
  });
});
