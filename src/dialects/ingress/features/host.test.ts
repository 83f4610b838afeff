import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHost } from "#model/host.ts";
import { parseHost } from "./host.ts";

test("hosts are read in any case, with one label for a star, and every host for none", () => {
  const read = (text: string | undefined): string => {
    const host = parseHost(text);
    return host.ok ? formatHost(host.value) : host.error;
  };
  assert.equal(read("Shop.Example.COM"), "shop.example.com");
  assert.equal(read("*.example.com"), "*.example.com");
  assert.equal(read(undefined), "*");
  assert.equal(read(""), "*");
});

test("what is no DNS name is refused", () => {
  for (const text of [
    "10.0.0.1",
    "[::1]",
    "a.com:80",
    "a..com",
    "*.",
    "*",
    "a.*.com",
    "a_b.com",
    "-a.com",
    `${"a".repeat(64)}.com`,
  ]) {
    assert.equal(parseHost(text).ok, false, text);
  }
});
