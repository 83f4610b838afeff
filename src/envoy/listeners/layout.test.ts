import assert from "node:assert/strict";
import { test } from "node:test";
import { openedPort } from "./layout.ts";

const gate = { http: 8080, https: 8443 };

test("a port is opened as its object says, where nothing is in the way", () => {
  assert.equal(openedPort({ port: 53, protocol: "udp" }, gate), 53);
  assert.equal(openedPort({ port: 8080, protocol: "tcp" }, gate), 8080);
});

test("low ports are moved where they may not be opened, and those that are the gate's own where it is told so", () => {
  const moving = { ...gate, lowPortShift: 8000, takenPortShift: 10_000 };
  assert.equal(openedPort({ port: 53, protocol: "udp" }, moving), 8053);
  assert.equal(openedPort({ port: 1024, protocol: "tcp" }, moving), 1024);
  assert.equal(openedPort({ port: 80, protocol: "tcp" }, moving), 18_080);
  assert.equal(openedPort({ port: 8443, protocol: "http" }, moving), 18_443);
  assert.equal(openedPort({ port: 8080, protocol: "udp" }, moving), 8080);
});
