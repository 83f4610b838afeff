import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding, FindingChange } from "#base/finding.ts";
import { FindingSet } from "#base/finding-set.ts";
import { FindingBoard } from "./finding-board.ts";

function finding(name: string, message = "is wrong"): Finding {
  const origin = { kind: "Ingress.networking.k8s.io", namespace: "default", name, path: "spec" };
  return { severity: "warning", reason: "Wrong", origin, message, advice: "mend it" };
}

function startBoard(): { readonly board: FindingBoard; readonly told: FindingChange[] } {
  const told: FindingChange[] = [];
  return { board: new FindingBoard((change) => told.push(change)), told };
}

test("only what came and went is told, in the one order of findings", () => {
  const { board, told } = startBoard();
  board.replace("files", [finding("b"), finding("a")]);
  board.replace("files", [finding("b"), finding("c")]);
  assert.deepEqual(told, [
    { added: [finding("a"), finding("b")], gone: [] },
    { added: [finding("c")], gone: [finding("a")] },
  ]);
  assert.deepEqual(board.all(), [finding("b"), finding("c")]);
});

test("what came and went again before it was told is nothing", () => {
  const { board, told } = startBoard();
  board.gather({ added: [finding("a")], gone: [] });
  board.gather({ added: [], gone: [finding("a")] });
  board.tell();
  assert.deepEqual(told, []);
});

test("a finding of two holds until both have taken it back", () => {
  const { board, told } = startBoard();
  board.replace("files", [finding("a")]);
  board.replace("pods", [finding("a")]);
  board.replace("files", []);
  assert.deepEqual(board.all(), [finding("a")]);
  board.replace("pods", []);
  assert.deepEqual(board.all(), []);
  assert.deepEqual(told.at(-1), { added: [], gone: [finding("a")] });
  assert.equal(told.length, 2);
});

test("a set tells its listener what one source changed, and nothing when it says the same again", () => {
  const heard: FindingChange[] = [];
  const set = new FindingSet((change) => heard.push(change));
  set.set("object a", [finding("a")]);
  set.set("object a", [finding("a")]);
  set.set("object b", [finding("b")]);
  set.delete("object a");
  set.delete("object a");
  assert.deepEqual(heard, [
    { gone: [], added: [finding("a")] },
    { gone: [], added: [finding("b")] },
    { gone: [finding("a")], added: [] },
  ]);
  assert.deepEqual(set.all(), [finding("b")]);
});
