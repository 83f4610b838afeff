import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable, printable } from "./table.ts";

test("columns are as wide as their widest cell and three blanks apart, with none at the end", () => {
  assert.equal(
    formatTable(
      ["NAME", "READY", "AGE"],
      [
        ["tea", "1/1", "3m"],
        ["a-long-name", "0/1", ""],
      ],
    ),
    "NAME          READY   AGE\ntea           1/1     3m\na-long-name   0/1\n",
  );
});

test("a table without rows is its title", () => {
  assert.equal(formatTable(["NAME", "AGE"], []), "NAME   AGE\n");
});

test("a cell cannot move the cursor, start a line or turn the direction of writing", () => {
  const text = formatTable(["NAME"], [["a\u001b[2Jb"], ["c\nd"], ["e\u202ef"], ["g\u009bh"]]);
  assert.equal(text, "NAME\na\uFFFD[2Jb\nc\uFFFDd\ne\uFFFDf\ng\uFFFDh\n");
});

test("letters of every script are printed as they are", () => {
  assert.equal(printable("関所 é ñ ß"), "関所 é ñ ß");
});
