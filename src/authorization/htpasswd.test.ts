import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHtpasswd } from "./htpasswd.ts";

const apr1 = "$apr1$WbFTDTXv$SUcPXWSkZDnX4jFd9UbQC.";

test("users are read with their hashes; comments and empty lines are no users", () => {
  const { users, unused } = parseHtpasswd(
    `# staff\n\nalice:${apr1}\r\nbob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n`,
  );
  assert.deepEqual([...users.keys()], ["alice", "bob"]);
  assert.deepEqual(users.get("alice"), { scheme: "apr1", text: apr1 });
  assert.deepEqual(unused, []);
});

test("what stands behind a second colon is a comment", () => {
  assert.deepEqual(parseHtpasswd(`alice:${apr1}:Alice of Sales`).users.get("alice")?.text, apr1);
});

test("of two lines of one user the first counts, and the second is named", () => {
  const { users, unused } = parseHtpasswd(`a:${apr1}\na:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=`);
  assert.equal(users.get("a")?.scheme, "apr1");
  assert.deepEqual(
    unused.map(({ line, user }) => [line, user]),
    [[2, "a"]],
  );
});

const refused: Readonly<Record<string, string>> = {
  "crypt(3) of old": "rl0iP3vYvIFvA",
  "SHA-512 of crypt(3)":
    "$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.",
  "the password itself": "{PLAIN}secret",
  nothing: "",
  "bcrypt that takes minutes": `$2y$20$${"a".repeat(53)}`,
};

for (const [what, hash] of Object.entries(refused)) {
  test(`nobody logs in by ${what}; the line is named without its hash`, () => {
    const { users, unused } = parseHtpasswd(`alice:${hash}`);
    assert.equal(users.size, 0);
    assert.deepEqual(
      unused.map(({ line, user }) => ({ line, user })),
      [{ line: 1, user: "alice" }],
    );
    if (hash !== "") assert.ok(!JSON.stringify(unused).includes(hash));
  });
}
