import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatUnit } from "./unit.ts";

const unit = formatUnit({
  ...{ user: "sekisho", program: "/bin/true", drainSeconds: 10 },
  directories: ["/srv/my manifests", "/srv/100%$HOME"],
  config: "/etc/sekisho.yaml",
});

function lines(name: string): readonly string[] {
  return unit.split("\n").filter((line) => line.startsWith(`${name}=`));
}

test("a unit runs `up` with what is served, as words that systemd takes as they are", () => {
  assert.deepEqual(lines("ExecStart"), [
    'ExecStart=/bin/true up "/srv/my manifests" /srv/100%%$$HOME --data /var/lib/sekisho --json --config /etc/sekisho.yaml',
  ]);
});

test("it has the right to open ports below 1024, and no other", () => {
  assert.deepEqual(lines("AmbientCapabilities"), ["AmbientCapabilities=CAP_NET_BIND_SERVICE"]);
  assert.deepEqual(lines("CapabilityBoundingSet"), ["CapabilityBoundingSet=CAP_NET_BIND_SERVICE"]);
  assert.deepEqual(lines("User"), ["User=sekisho"]);
});

test("open requests have their time before it is killed, and Envoy is not killed with a control plane that dies", () => {
  assert.deepEqual(lines("TimeoutStopSec"), ["TimeoutStopSec=30"]);
  assert.deepEqual(lines("KillMode"), ["KillMode=process"]);
});

const analyze = spawnSync("systemd-analyze", ["--version"]).status === 0;
const skip = analyze ? false : "there is no systemd-analyze on this machine";

test("systemd finds nothing wrong with it", { skip }, (context) => {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-unit-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "sekisho.service");
  writeFileSync(file, unit);
  const { stdout, stderr, status } = spawnSync("systemd-analyze", ["verify", "--man=no", file], {
    encoding: "utf8",
  });
  const said = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("sekisho.service"));
  assert.deepEqual([said, status], [[], 0]);
});
