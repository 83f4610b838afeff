/** `sekisho service install` where systemd does not run: it says so before it makes anything. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { runCommand } from "../harness/commands.ts";
import { repository } from "../harness/program.ts";

const skip = existsSync("/run/systemd/system")
  ? "systemd runs this machine: it would install a service"
  : process.getuid?.() !== 0 && "only root is let so far";

test("a machine without systemd is left as it is", { skip }, async () => {
  const unit = "/etc/systemd/system/sekisho.service";
  const wasThere = existsSync(unit);
  const { code, err } = await runCommand(["service", "install", `${repository}/examples`]);
  assert.equal(code, 1);
  assert.match(err, /^sekisho: systemd does not run this machine\n {2}elsewhere run `sekisho up`/);
  assert.equal(existsSync(unit), wasThere);
});
