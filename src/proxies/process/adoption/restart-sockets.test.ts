import assert from "node:assert/strict";
import test from "node:test";
import { envoyPaths } from "../envoy-paths.ts";
import { socketArguments, socketName } from "./restart-sockets.ts";

test("sockets have the names that Envoy gives them, however large the base id", () => {
  assert.equal(socketName("parent", "7655953", 0), "envoy_parent_76559530");
  assert.equal(socketName("child", "7655953", 4), "envoy_child_76559531");
  assert.equal(socketName("udp_parent", "215413253", 1), "envoy_udp_parent_18446744071568716851");
});

test("they are told from the directory of the Envoy, however deep that is", () => {
  const paths = envoyPaths(`/${"deep/".repeat(15)}envoy`);
  assert.deepEqual(socketArguments(paths), ["--socket-path", "sockets/envoy"]);
});
