/** What we take for a regular expression of Envoy's is one, and matches what we say it matches. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRe2 } from "#base/re2.ts";
import { startNginxStage } from "./harness/nginx-stage.ts";

const bits = [
  ...["a", "b", "/", "x", ".", "[a-c]", "[^/]", "\\d", "\\w+", "(a|b)", "(?:x)", "(?P<n>a)"],
  ...["?", "*", "+", "{2}", "{1,3}", "^", "$", "\\.", "\\b", "(?i)", "\\pL", "\\x41", "|", "(?=a)"],
  ...["\\1", "(", ")", "[", "*?", "(?<n>b)", "\\K", "(?>a)", "a++"],
] as const;

const texts = fc.array(fc.constantFrom(...bits), { minLength: 1, maxLength: 6 });
const patterns = [
  ...new Set([
    ...["/.*", "(?i)/menu.*", ".*\\.(png|jpg)", "/(\\w{1,200}/){3}.*", "(/[a-z]+){1,50}"],
    ...fc.sample(texts, { numRuns: 250, seed: 22 }).map((parts) => `/${parts.join("")}`),
  ]),
];
const paths = ["/", "/a", "/a/b", "/xx", "/aab", "/Menu", "/a.png", "/12", "/ab/ab"];

test("every pattern that is taken is one that Envoy takes and reads alike; the others are not taken", async () => {
  await using stage = await startNginxStage();
  const taken = patterns.filter((pattern) => parseRe2(pattern).ok);
  const refused = patterns.length - taken.length;
  assert.ok(taken.length > 50 && refused > 50, `${taken.length} taken, ${refused} not`);
  const servers = taken.map((pattern, index) => ({
    apiVersion: "k8s.nginx.org/v1",
    kind: "VirtualServer",
    metadata: { name: `p${index}` },
    spec: {
      host: `p${index}.test`,
      routes: [{ path: `~ ^(?:${pattern})$`, action: { return: { body: "taken" } } }],
    },
  }));
  await stage.apply(servers.map((server) => JSON.stringify(server)).join("\n---\n"));
  for (const [index, pattern] of taken.entries()) {
    const parsed = parseRe2(pattern);
    assert.ok(parsed.ok);
    for (const path of paths) {
      const { status } = await stage.ask(`http://p${index}.test${path}`);
      assert.equal(status, parsed.value(path) ? 200 : 404, `${pattern} on ${path}`);
    }
  }
});

test("what RE2 does not have is not taken", () => {
  for (const pattern of ["(?=a)b", "(a)\\1", "(?<!a)b", "(?>a)b", "a++", "\\Ka", "(?#note)a"])
    assert.equal(parseRe2(pattern).ok, false, pattern);
});
