import assert from "node:assert/strict";
import { test } from "node:test";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import type { Condition } from "#kinds/condition.ts";
import { read } from "#kinds/kind.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import type { CertificateTrail } from "./certificate-trail.ts";
import { followStatus, type IssuanceEnd } from "./followed-status.ts";

type Said = Readonly<Record<string, Condition["status"]>>;

function trail(said: Said): CertificateTrail {
  const object = storedObject({
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name: "web" },
    body: { spec: { secretName: "web", dnsNames: ["a.test"], issuerRef: { name: "prod" } } },
    status: {
      conditions: Object.entries(said).map(([type, status]) => ({
        ...{ type, status, reason: "Reason", message: "" },
      })),
    },
  });
  const issuer = { name: "Issuer prod", isOurs: true };
  return { certificate: read(certificateKind, object), issuer, challenges: [], events: [] };
}

interface Following {
  readonly clock: ManualClock;
  readonly printed: readonly string[];
  readonly end: Promise<IssuanceEnd>;
  readonly interrupt: () => void;
}

/** Follows what is said in turn, and then goes on with the last. */
function follow(first: Said, ...rest: readonly Said[]): Following {
  const clock = createManualClock();
  const printed: string[] = [];
  const left = [first, ...rest];
  let last = first;
  const look = async (): Promise<CertificateTrail> => {
    last = left.shift() ?? last;
    return trail(last);
  };
  const stop = new AbortController();
  const deps = { clock, print: (text: string) => void printed.push(text) };
  const end = followStatus(deps, look, stop.signal);
  return { clock, printed, end, interrupt: () => stop.abort() };
}

async function lookAgain({ clock }: Following): Promise<void> {
  await clock.timerSet();
  await clock.advance({ milliseconds: 500 });
}

const waiting: Said = { Ready: "False", Issuing: "True" };

test("a step is printed when it changes, and the end is when the certificate is there", async () => {
  const following = follow(waiting, waiting, { Ready: "True" });
  await lookAgain(following);
  await lookAgain(following);
  assert.equal(await following.end, "ready");
  const steps = following.printed.map((line) => line.slice(10).split(/ +/)[0]);
  assert.deepEqual(steps, ["certificate", "secret", "issuer", "certificate"]);
  assert.match(following.printed.at(-1) ?? "", /^\d\d:\d\d:\d\d {2}certificate +web: Ready True/);
});

test("a refusal ends it with what to do", async () => {
  const following = follow(waiting, { Ready: "False", Issuing: "False" });
  await lookAgain(following);
  assert.equal(await following.end, "refused");
  assert.equal(following.printed.at(-1), "What to do: create Issuer prod, or correct issuerRef\n");
});

test("an interruption ends it at once", async () => {
  const following = follow(waiting);
  await following.clock.timerSet();
  following.interrupt();
  assert.equal(await following.end, "interrupted");
});
