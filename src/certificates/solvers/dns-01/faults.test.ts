/** What becomes of a Certificate when its DNS provider fails in each way, before and after: what is said, when it is asked again, and what stands in DNS in the end. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { challengeKind, readChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import { createRandom } from "#runtime/real-random.ts";
import {
  type AcmeCertificateStage,
  acmeCertificateStage,
} from "#test/fakes/certificates/acme-certificate-stage.ts";
import { quickKey } from "#test/fakes/certificates/certificate-stage.ts";
import { FakeDnsServer } from "#test/fakes/dns/fake-dns-server.ts";
import { createFakeDnsTransport } from "#test/fakes/dns/fake-dns-transport.ts";
import { type Fault, faults, faultyWays, isPossible } from "#test/fakes/dns/provider-faults.ts";
import {
  azureService,
  cloudflareService,
  personAsService,
  rfc2136Service,
  webhookService,
} from "#test/fakes/dns/provider-services.ts";
import { TxtRecords } from "#test/fakes/dns/txt-records.ts";
import { route53Service } from "#test/fakes/route53/route53-services.ts";
import type { ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import type { dnsProviders } from "../../dns-providers/all.ts";
import type { ProviderUnderTest } from "../../dns-providers/contract.ts";
import type { Solver, SolverOutcome } from "../solver.ts";
import { createDns01Solver } from "./dns-01.ts";

const others = "of-others";
const resolver = { address: "192.0.2.1", port: 53 };

const services: Readonly<
  Record<(typeof dnsProviders)[number]["name"], () => Promise<ProviderUnderTest>>
> = {
  azureDNS: azureService("service principal"),
  cloudflare: cloudflareService("token"),
  manual: personAsService(),
  rfc2136: rfc2136Service("HMACSHA256", "TCP"),
  route53: route53Service("an access key"),
  webhook: webhookService(),
};

type Phase = "present" | "cleanUp";

interface Scene extends AcmeCertificateStage {
  readonly service: ProviderUnderTest;
  /** Where the provider fails; undefined: it is well. */
  failing: Phase | undefined;
  /** When the solver was called, in seconds. */
  readonly calls: Readonly<Record<Phase, number[]>>;
  readonly pass: (seconds: number) => Promise<void>;
  readonly values: () => Promise<readonly string[]>;
  /** What was said last of what could not be done. */
  said: string;
}

async function open(
  context: TestContext,
  service: ProviderUnderTest,
  fault: Fault,
): Promise<Scene> {
  /** What the solver is about: there is one Challenge, so it is about one thing at a time. */
  let phase: Phase | undefined;
  let busy = 0;
  let clock: ManualClock | undefined;
  const isFaulty = (): boolean => scene.failing !== undefined && scene.failing === phase;
  const within = async <T>(run: () => Promise<T>): Promise<T> => {
    busy++;
    try {
      return await run();
    } finally {
      busy--;
    }
  };
  const dns = new FakeDnsServer({ texts: new TxtRecords(), known: [service.zone] });
  const ours = createFakeDnsTransport({ [resolver.address]: dns }, [resolver]);
  const ways = faultyWays(service, {
    ...{ fault, isFaulty, within, elsewhere: ours },
    sleep: async (duration, signal) => await clock?.sleep(duration, signal),
  });
  const acting =
    (what: Phase): Solver["present"] =>
    async (challenge, signal) => {
      scene.calls[what].push((clock?.monotonicMs() ?? 0) / 1000);
      phase = what;
      const { secretOf } = service.context;
      const issuer = { ...challenge.issuer, secretOf };
      const outcome = await solver()[what]({ ...challenge, issuer }, signal);
      if (outcome.kind === "done" && outcome.notice !== undefined)
        await service.obey?.(outcome.notice);
      if (outcome.kind !== "done") scene.said = outcome.message;
      return outcome;
    };
  let made: Solver | undefined;
  const solver = (): Solver => {
    if (clock === undefined) throw new Error("the stage is not there yet");
    made ??= createDns01Solver({
      ...{ clock, random: createRandom(), variables: service.context.variables },
      ...{ ambient: { readFile: async () => undefined, metadata: ways.outbound } },
      ...{ ...ways, resolvers: [] },
    });
    return made;
  };
  const found: SolverOutcome = { kind: "done" };
  const played = await acmeCertificateStage(context, {
    solver: { dns01: service.solver },
    solving: {
      ...{ type: "dns-01", present: acting("present"), cleanUp: acting("cleanUp") },
      check: async () => found,
    },
  });
  clock = played.stage.clock;
  const name = `_acme-challenge.www.${service.zone}`;
  const still = async (): Promise<void> => {
    for (let calm = 0; calm < 30; calm = busy > 0 ? 0 : calm + 1) await turn();
  };
  const scene: Scene = {
    ...{ ...played, service, failing: undefined, calls: { present: [], cleanUp: [] }, said: "" },
    pass: async (seconds) => {
      const { clock: here } = played.stage;
      const endMs = here.monotonicMs() + seconds * 1000;
      for (;;) {
        await still();
        const leftMs = endMs - here.monotonicMs();
        if (leftMs <= 0) return;
        await here.advance({ milliseconds: Math.min(here.nextTimerMs() ?? leftMs, leftMs) });
      }
    },
    values: async () => [...(await service.values(name))].sort(),
  };
  await service.setValues(name, [others]);
  return scene;
}

/** Not asked again before its time, but for the first time: what is first said is a change. */
function assertPaced([first, ...calls]: readonly number[], { waits }: Fault): void {
  const moments = [...new Set(calls)];
  const gaps = moments.slice(1).map((at, index) => at - (moments[index] ?? 0));
  assert.ok(first !== undefined && calls.length === moments.length, `${calls}`);
  assert.ok(gaps.length >= 1 && gaps.every((gap) => gap >= waits), `${gaps}`);
}

function assertTold(scene: Scene, { says }: Fault): void {
  assert.match(scene.said, says);
  assert.ok(scene.said.length < 500);
  for (const secret of scene.service.secrets) assert.ok(!scene.said.includes(secret));
}

async function play(context: TestContext, service: ProviderUnderTest, fault: Fault): Promise<void> {
  const scene = await open(context, service, fault);
  const { stage, server, calls } = scene;
  await scene.issue();
  scene.failing = "present";
  await stage.create("Certificate", "web", {
    ...{ secretName: "web-tls", dnsNames: [`www.${service.zone}`], privateKey: quickKey },
    issuerRef: { name: "public", kind: "ClusterIssuer" },
  });
  await scene.pass(fault.lasts);
  const [challenge] = (await stage.store.list(challengeKind.id)).items;
  assert.match(
    challenge === undefined ? "" : (readChallengeStatus(challenge).reason ?? ""),
    fault.says,
  );
  assertTold(scene, fault);
  assertPaced(calls.present, fault);
  assert.match(await stage.condition("web", "Issuing"), /^True DoesNotExist/);
  assert.ok(!server.heard.some((one) => one.startsWith("POST /challenge/")));

  scene.failing = "cleanUp";
  scene.said = "";
  await scene.pass(fault.waits + fault.lasts);
  // What is only left to be cleaned up keeps nothing from being used.
  assert.match(await stage.condition("web", "Ready"), /^True/);
  assertTold(scene, fault);
  if (fault.isLasting !== true) assertPaced(calls.cleanUp, fault);

  scene.failing = undefined;
  // A call that hangs may be under way still.
  await scene.pass(fault.waits + 35);
  assert.deepEqual((await stage.store.list(challengeKind.id)).items, []);
  const values = await scene.values();
  if (fault.isLasting === true) assert.equal(values.length, 2);
  else assert.deepEqual(values, [others]);
  assert.equal(server.heard.filter((one) => one === "POST /new-order").length, 1);
}

for (const [provider, start] of Object.entries(services))
  for (const [what, fault] of Object.entries(faults))
    test(`${provider}: a provider that ${what} is said to, is asked again in its time, and keeps nothing for good`, async (context) => {
      await using service = await start();
      if (!isPossible(fault, service)) return context.skip("it cannot happen there");
      await play(context, service, fault);
    });
