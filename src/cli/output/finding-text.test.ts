import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "#base/finding.ts";
import { formatFinding, formatGithubFinding } from "./finding-text.ts";

const finding: Finding = {
  severity: "error",
  reason: "SecretNotFound",
  origin: {
    kind: "Ingress.networking.k8s.io",
    namespace: "default",
    name: "cafe",
    path: "spec.tls[0].secretName",
  },
  message: "Secret cafe-tls does not exist",
  advice: "create it",
};
const place = { file: "cafe.yaml", line: 12, column: 9 };

test("a finding is one line with file, line and column, and the advice below", () => {
  assert.equal(
    formatFinding({ finding, place }),
    "cafe.yaml:12:9 error SecretNotFound: Secret cafe-tls does not exist (Ingress/default/cafe spec.tls[0].secretName)\n    create it",
  );
});

test("a finding without a place begins with its severity", () => {
  assert.match(formatFinding({ finding }), /^error SecretNotFound: /);
});

test("a finding about a file names it once", () => {
  const origin = { kind: "File", namespace: "", name: "cafe.yaml", path: "" };
  assert.equal(
    formatFinding({ finding: { ...finding, origin }, place }),
    "cafe.yaml:12:9 error SecretNotFound: Secret cafe-tls does not exist\n    create it",
  );
});

test("a finding about a whole file names the file", () => {
  const origin = { kind: "File", namespace: "", name: "cafe.yaml", path: "" };
  const whole = { ...finding, origin, message: "It is too large." };
  assert.match(formatFinding({ finding: whole }), /^cafe\.yaml error SecretNotFound: It is/);
  assert.equal(
    formatGithubFinding({ finding: whole }),
    "::error file=cafe.yaml,title=SecretNotFound::It is too large. create it",
  );
});

test("what a manifest holds cannot break out of its line", () => {
  const message = "bad \u001b[2Jvalue\nerror Forged: x";
  const text = formatFinding({ finding: { ...finding, message, advice: "a\nb" }, place });
  assert.equal(text.split("\n").length, 2);
  assert.ok(!text.includes("\u001b"));
});

const commands = { error: "error", warning: "warning", info: "notice" } as const;
for (const severity of ["error", "warning", "info"] as const) {
  test(`severity ${severity} is the workflow command ${commands[severity]}`, () => {
    assert.equal(
      formatGithubFinding({ finding: { ...finding, severity }, place }),
      `::${commands[severity]} file=cafe.yaml,line=12,col=9,title=SecretNotFound::Secret cafe-tls does not exist. create it`,
    );
  });
}

test("a workflow command without a place has only a title", () => {
  assert.equal(
    formatGithubFinding({ finding }),
    "::error title=SecretNotFound::Secret cafe-tls does not exist. create it",
  );
});

test("a message cannot start a workflow command of its own", () => {
  const message = "50% of\r\n::error::forged";
  assert.equal(
    formatGithubFinding({ finding: { ...finding, message }, place })
      .split("::")
      .slice(2)
      .join("::"),
    "50%25 of%0D%0A::error::forged. create it",
  );
});

test("a file name cannot add properties to a workflow command", () => {
  const text = formatGithubFinding({ finding, place: { ...place, file: "a,line=1:%\n.yaml" } });
  assert.match(text, /^::error file=a%2Cline=1%3A%25%0A\.yaml,line=12,col=9,/);
});
