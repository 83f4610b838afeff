import assert from "node:assert/strict";
import { test } from "node:test";
import { buildHttpFilters, filterOrder } from "./order.ts";

const settings = { allowedClients: [], byServerName: true, countsAnswers: true, forwarded: true };
const filters = buildHttpFilters(settings);

test("a filter that protects is never listed as disabled", () => {
  const protecting = filters.filter((_, index) => filterOrder[index]?.protects);
  assert.ok(protecting.length > 0);
  assert.deepEqual(protecting.map(({ disabled }) => disabled).filter(Boolean), []);
});

test("every filter has a name of its own, and the router is the last", () => {
  const names = filters.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.at(-1), "sekisho.router");
});

test("what reads its configuration from the route stands behind the filters that find the route", () => {
  const names = filters.map(({ name }) => name);
  const found = names.indexOf("sekisho.scope.wildcard");
  assert.deepEqual(names.slice(0, found), [
    "sekisho.gate",
    "sekisho.scope.normalise",
    "sekisho.connection.group",
  ]);
});

test("connections that their filter chain names are not looked up", () => {
  const names = buildHttpFilters({ ...settings, byServerName: false }).map(({ name }) => name);
  assert.equal(names.includes("sekisho.connection.group"), false);
  assert.equal(names.length, filters.length - 1);
});

test("who the client is stands before the filter that sends it along, where it is not the peer", () => {
  const names = filters.map(({ name }) => name);
  const asks = names.indexOf("sekisho.authorization");
  assert.equal(names.indexOf("sekisho.client.address"), asks - 1);
  const direct = buildHttpFilters({ ...settings, forwarded: false });
  assert.equal(
    direct.some(({ name }) => name === "sekisho.client.address"),
    false,
  );
});
