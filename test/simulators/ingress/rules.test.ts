/** Paths, hosts, conflicts and default backends: each row is one sentence of the Ingress documentation or one decision of ours. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Ingress, IngressRule, IngressSpec } from "./manifest.ts";
import { normalizePath } from "./request-path.ts";
import { ask, http, ingress, late, paths, services, table, to } from "./small-world.ts";

/** What a list of paths under one host makes of a request path: the field, or 404. */
function pathOf(list: readonly string[], requestPath: string): string {
  const world = [ingress("a", { rules: [{ host: "h", http: paths(...list) }] }), ...services];
  return ask(world, http("h", requestPath)).replace(/.* by default\/a spec\.rules\[0\]/, "");
}

describe("paths", () => {
  const rows: Record<string, readonly [readonly string[], string, string]> = {
    "Prefix / takes every path": [["/"], "/any/path", ".http.paths[0]"],
    "Exact /foo takes /foo": [["=/foo"], "/foo", ".http.paths[0]"],
    "Exact /foo does not take /bar": [["=/foo"], "/bar", ""],
    "Exact /foo does not take /foo/": [["=/foo"], "/foo/", ""],
    "Exact /foo/ does not take /foo": [["=/foo/"], "/foo", ""],
    "Prefix /foo takes /foo": [["/foo"], "/foo", ".http.paths[0]"],
    "Prefix /foo takes /foo/": [["/foo"], "/foo/", ".http.paths[0]"],
    "Prefix /foo/ takes /foo": [["/foo/"], "/foo", ".http.paths[0]"],
    "Prefix /foo/ takes /foo/": [["/foo/"], "/foo/", ".http.paths[0]"],
    "Prefix /aaa/bb does not take /aaa/bbb": [["/aaa/bb"], "/aaa/bbb", ""],
    "Prefix /aaa/bbb/ ignores its final slash": [["/aaa/bbb/"], "/aaa/bbb", ".http.paths[0]"],
    "Prefix /aaa/bbb takes /aaa/bbb/ccc": [["/aaa/bbb"], "/aaa/bbb/ccc", ".http.paths[0]"],
    "Prefix /aaa/bbb does not take /aaa/bbbxyz": [["/aaa/bbb"], "/aaa/bbbxyz", ""],
    "the longer Prefix wins": [["/", "/aaa"], "/aaa/ccc", ".http.paths[1]"],
    "the shorter Prefix takes the rest": [["/", "/aaa"], "/ccc", ".http.paths[0]"],
    "the longest Prefix wins in any order": [
      ["/aaa/bbb", "/", "/aaa"],
      "/aaa/bbb",
      ".http.paths[0]",
    ],
    "Exact wins over an equal Prefix": [["/foo", "=/foo"], "/foo", ".http.paths[1]"],
    "Exact wins over an equal Prefix with a final slash": [
      ["/foo/", "=/foo"],
      "/foo",
      ".http.paths[1]",
    ],
    "Prefix takes below an equal Exact": [["/foo", "=/foo"], "/foo/x", ".http.paths[0]"],
    "case counts": [["/foo"], "/FOO", ""],
    "the first of two equal paths wins": [["/foo", "/foo/"], "/foo", ".http.paths[0]"],
    "ImplementationSpecific means Prefix": [["~/foo"], "/foo/x", ".http.paths[0]"],
    "ImplementationSpecific is no raw prefix": [["~/foo"], "/foox", ""],
    "ImplementationSpecific competes with Prefix": [["~/foo", "/foo"], "/foo", ".http.paths[0]"],
    "an empty path takes everything": [["~"], "/x", ".http.paths[0]"],
    "an empty Exact path takes nothing": [["="], "/", ""],
    "a path with an empty segment takes nothing": [["/a//b"], "/a//b", ""],
    "a relative path takes nothing": [["a"], "/a", ""],
    "the query takes no part": [["=/foo"], "/foo?a=/bar", ".http.paths[0]"],
    "dot segments are gone before": [["/foo"], "/bar/../foo/./x", ".http.paths[0]"],
    "double slashes are merged before": [["/foo/x"], "//foo//x", ".http.paths[0]"],
  };
  for (const [sentence, [list, path, expected]] of Object.entries(rows)) {
    it(sentence, () => assert.equal(pathOf(list, path).replace(/^404.*/, ""), expected));
  }
});

describe("request paths", () => {
  const rows: Record<string, readonly [string, string]> = {
    "nothing to do": ["/a/b", "/a/b"],
    "query cut": ["/a?b=/../c", "/a"],
    "dots cut": ["/a/./b/../c/.", "/a/c/"],
    "root is the top": ["/../../a", "/a"],
    "up to the root": ["/a/..", "/"],
    "slashes merged": ["//a///b//", "/a/b/"],
    "dots before slashes": ["/a//../b", "/a/b"],
    "letters decoded": ["/%61%7E%2e%2E/x", "/a~../x"],
    "encoded dots are dots": ["/a/%2e%2E/b", "/b"],
    "dots before `;` are dots": ["/a/..;v=1/b/.;", "/b/"],
    "encoded dots before `;` are a name": ["/a/%2e%2e;/b", "/a/..;/b"],
    "others stay as they are": ["/a%20%C3%a9", "/a%20%C3%a9"],
    "slashes only": ["///", "//"],
  };
  for (const [sentence, [path, expected]] of Object.entries(rows)) {
    it(sentence, () => assert.equal(normalizePath(path), expected));
  }

  it("escaped slashes stay: they may be part of a name", () => {
    assert.equal(normalizePath("/a%2Fb"), "/a%2Fb");
  });
});

describe("hosts", () => {
  const rule = (host: string | undefined, ...list: readonly string[]): IngressRule => ({
    ...(host !== undefined && { host }),
    http: paths(...list),
  });
  const world = [
    ingress("a", {
      rules: [
        rule("foo.bar.com", "/only"),
        rule("*.bar.com", "/"),
        rule(undefined, "/"),
        rule("*.foo.bar.com", "/"),
        { host: "bare.com" },
      ],
    }),
    ...services,
  ];
  const rows: Record<string, readonly [string, string]> = {
    "an exact host takes its paths": ["foo.bar.com", "s0:80 rules[0].http.paths[0]"],
    "case, port and final dot do not count": ["Foo.Bar.COM.:8080", "s0:80 rules[0].http.paths[0]"],
    "a wildcard takes one label": ["x.bar.com", "s0:80 rules[1].http.paths[0]"],
    "a wildcard takes no two labels": ["y.x.bar.com", "s0:80 rules[2].http.paths[0]"],
    "a wildcard does not take its suffix": ["bar.com", "s0:80 rules[2].http.paths[0]"],
    "the wildcard of the right depth takes": ["x.foo.bar.com", "s0:80 rules[3].http.paths[0]"],
    "no host is every host": ["", "s0:80 rules[2].http.paths[0]"],
    "a rule without paths owns its host": ["bare.com", "404 rules[4]"],
  };
  for (const [sentence, [host, expected]] of Object.entries(rows)) {
    it(sentence, () => {
      const line = ask(world, http(host, "/only"));
      assert.equal(line.replace("default/s", "s").replace("by default/a spec.", ""), expected);
    });
  }
  table({
    "an exact host without a matching path does not fall back to a wildcard": () => [
      ask(world, http("foo.bar.com", "/else")),
      "404 by default/a spec.rules[0]",
    ],
    "an unknown host is nobody's": () => [
      ask([ingress("a", { rules: [rule("a.com", "/")] })], http("b.com", "/")),
      "404 by nobody",
    ],
  });
});

describe("conflicts", () => {
  const spec = (index: number): IngressSpec => ({
    rules: [
      {
        host: "h",
        http: { paths: [{ path: "/", pathType: "Prefix", backend: to(`s${index}`) }] },
      },
    ],
  });
  const winner = (...list: readonly Ingress[]): string =>
    ask([...list, ...services], http("h", "/")).split(" ")[2] ?? "";
  table({
    "the oldest wins": () => [
      winner(ingress("a", spec(0), { creationTimestamp: late }), ingress("b", spec(1))),
      "default/b",
    ],
    "of one age, the first namespace wins": () => [
      winner(ingress("a", spec(0), { namespace: "shop" }), ingress("b", spec(1))),
      "default/b",
    ],
    "of one age and namespace, the first name wins": () => [
      winner(ingress("b", spec(0)), ingress("a", spec(1))),
      "default/a",
    ],
    "different paths of a host come together": () => [
      ask(
        [
          ingress("old", { rules: [{ host: "h", http: paths("/") }] }),
          ingress(
            "new",
            { rules: [{ host: "h", http: paths("/x") }] },
            { creationTimestamp: late },
          ),
          ...services,
        ],
        http("h", "/x"),
      ),
      "default/s0:80 by default/new spec.rules[0].http.paths[0]",
    ],
  });
});

describe("default backends", () => {
  const own = ingress("a", { defaultBackend: to("s3"), rules: [{ host: "h", http: paths("/x") }] });
  const later = ingress("b", { defaultBackend: to("s2") }, { creationTimestamp: late });
  table({
    "an unmatched path goes to the default backend": () => [
      ask([own, ...services], http("h", "/")),
      "default/s3:80 by default/a spec.defaultBackend",
    ],
    "so does an unmatched host of anybody": () => [
      ask([own, ...services], http("other", "/")),
      "default/s3:80 by default/a spec.defaultBackend",
    ],
    "the oldest is the gate's": () => [
      ask([later, own, ...services], http("other", "/")),
      "default/s3:80 by default/a spec.defaultBackend",
    ],
    "even when it has no endpoints": () => [
      ask([later, ingress("a", { defaultBackend: to("gone") }), ...services], http("x", "/")),
      "503 by default/a spec.defaultBackend",
    ],
    "a matched path without endpoints does not go there": () => [
      ask([ingress("a", { ...own.spec, rules: [{ http: paths("/") }] }), later], http("h", "/")),
      "503 by default/a spec.rules[0].http.paths[0]",
    ],
  });
});
