/** What a README promises is compared as its reader would. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { commandsIn, keeps } from "../harness/readme.ts";

it("each shell block goes with the text block behind it", () => {
  const readme = "a\n```sh\none\n```\nb\n```text\nout\n```\n```sh\ntwo\n```\n```\ndrawing\n```\n";
  assert.deepEqual(commandsIn(readme), [{ shell: "one\n", promised: "out\n" }, { shell: "two\n" }]);
});

it("an ellipsis stands for the rest of a line or for whole lines, and for nothing else", () => {
  assert.ok(keeps("a: …\nb (1)\n", "a: 17\nb (1)"));
  assert.ok(keeps("{\n  …\n}\n", "{\n  1\n  2\n}\n"));
  assert.ok(keeps("{\n…\n}\n", "{\n}\n"));
  assert.ok(!keeps("a: …\n", "a: 17\nb\n"));
  assert.ok(!keeps("a\n", "b\n"));
  assert.ok(!keeps("a.b\n", "axb\n"));
});
