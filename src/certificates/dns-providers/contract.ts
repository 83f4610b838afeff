/** What every DNS provider promises, as tests: called with each of them. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Dns01Solver } from "#kinds/cert-manager/acme-solver.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import {
  type ChallengeRecord,
  type DnsProvider,
  DnsProviderError,
  type ProviderContext,
  type RecordOutcome,
  type RecordWriter,
} from "./dns-provider.ts";

/** What goes wrong at the provider's next request. */
export type ProviderFault =
  /** It does what it is asked, but the answer does not come. */
  "lost-answer" | "outage" | "limited" | "denied";

/** A provider's service, as far as a test sees it. */
export interface ProviderUnderTest extends AsyncDisposable {
  readonly solver: Dns01Solver;
  readonly context: ProviderContext;
  /** Where it is asked over DNS. Absent: it is not. */
  readonly transport?: DnsTransport;
  /** A zone that the service holds; no dot at the end. */
  readonly zone: string;
  /** One that it does not hold. Absent: it takes every name. */
  readonly foreignZone?: string;
  /** The values that stand under a name, in any order. */
  readonly values: (name: string) => Promise<readonly string[]>;
  /** What others have stand there. */
  readonly setValues: (name: string, values: readonly string[]) => Promise<void>;
  /** Has it go wrong, where it can. */
  readonly fail: (fault: ProviderFault) => "set" | "impossible";
  /** Texts of credentials, that nobody may be told. */
  readonly secrets: readonly string[];
  /** Who does what a notice says, where nobody else does. */
  readonly obey?: (notice: string) => Promise<void>;
}

type Promised = (sentence: string, holds: (under: Under) => Promise<void>) => void;

const never = new AbortController().signal;
const [ours, others] = ["ours-0123456789abcdef", "of-others"];

/** Registers the suite; `open` starts a service without records. */
export function dnsProviderContract(
  provider: DnsProvider,
  variant: string,
  open: () => Promise<ProviderUnderTest>,
): void {
  const promise: Promised = (sentence, holds) => {
    test(sentence, async () => {
      await using service = await open();
      await holds(new Under(provider, service));
    });
  };
  describe(`${provider.name} (${variant}) keeps the contract of a DNS provider`, () => {
    values(promise);
    failures(promise);
  });
}

/** A provider with its service, and the calls that a test makes. */
class Under {
  readonly service: ProviderUnderTest;
  readonly writer: RecordWriter;
  readonly provider: DnsProvider;

  constructor(provider: DnsProvider, service: ProviderUnderTest) {
    const writer = provider.open(service.solver, service.context);
    assert.ok(writer, "it serves its own solver");
    this.provider = provider;
    this.service = service;
    this.writer = writer;
  }

  record(value: string, host = "www"): ChallengeRecord {
    const dnsName = host === "" ? this.service.zone : `${host}.${this.service.zone}`;
    return { name: `_acme-challenge.${dnsName}`, value, dnsName };
  }

  async present(record: ChallengeRecord): Promise<void> {
    await this.#untilDone(() => this.writer.present(record, never));
  }

  async cleanUp(record: ChallengeRecord): Promise<void> {
    await this.#untilDone(() => this.writer.cleanUp(record, never));
  }

  async stands(record: ChallengeRecord, ...expected: readonly string[]): Promise<void> {
    assert.deepEqual([...(await this.service.values(record.name))].sort(), [...expected].sort());
  }

  async #untilDone(call: () => Promise<RecordOutcome>): Promise<void> {
    for (let left = 20; left > 0; left--) {
      const outcome = await call();
      if (outcome.kind === "pending") continue;
      if (outcome.notice !== undefined) await this.service.obey?.(outcome.notice);
      return;
    }
    assert.fail("it is not done after 20 calls");
  }
}

function values(promise: Promised): void {
  promise("the value stands there, once, however often it is presented", async (under) => {
    const record = under.record(ours);
    await under.present(record);
    await under.present(record);
    await under.stands(record, ours);
  });
  promise("what others have under the name stays, before and after", async (under) => {
    const record = under.record(ours);
    await under.service.setValues(record.name, [others]);
    await under.present(record);
    await under.stands(record, ours, others);
    await under.cleanUp(record);
    await under.stands(record, others);
  });
  promise("a name and its wildcard are proved at once by two values", async (under) => {
    const [one, two] = [under.record("value-one"), under.record("value-two")];
    await Promise.all([under.present(one), under.present(two)]);
    await under.stands(one, "value-one", "value-two");
    await under.cleanUp(two);
    await under.stands(one, "value-one");
  });
  promise("the last value that goes leaves nothing behind", async (under) => {
    const record = under.record(ours);
    await under.present(record);
    await under.cleanUp(record);
    await under.stands(record);
  });
  promise("what is gone, or never was, is cleaned up", async (under) => {
    const record = under.record(ours);
    await under.cleanUp(record);
    await under.present(record);
    await under.cleanUp(record);
    await under.cleanUp(record);
    await under.stands(record);
  });
  promise("records of the zone's own name and deep below it are written", async (under) => {
    for (const host of ["", "a.b.c"]) {
      const record = under.record(ours, host);
      await under.present(record);
      await under.stands(record, ours);
    }
  });
  promise("it serves no solver of another provider", async ({ provider, service }) => {
    const other = { azureDNS: { subscriptionID: "s", resourceGroupName: "r" } };
    const another = provider.name === "azureDNS" ? { route53: {} } : other;
    assert.equal(provider.open(another, service.context), undefined);
  });
}

function failures(promise: Promised): void {
  promise("after an answer that never came the call is made again without harm", async (under) => {
    const record = under.record(ours);
    under.service.fail("lost-answer");
    await under.present(record).catch(() => undefined);
    await under.present(record);
    await under.stands(record, ours);
    under.service.fail("lost-answer");
    await under.cleanUp(record).catch(() => undefined);
    await under.cleanUp(record);
    await under.stands(record);
  });
  for (const fault of ["outage", "limited", "denied"] as const) {
    promise(`that it is ${words[fault]} is told, without any secret`, async (under) => {
      const { fail, secrets } = under.service;
      if (fail(fault) === "impossible") return;
      const error = await failureOf(under.present(under.record(ours)));
      assert.equal(error.code, fault);
      assert.equal(error.retryable, fault !== "denied");
      for (const secret of secrets) assert.ok(!JSON.stringify([error.message]).includes(secret));
      assert.ok(error.message.length < 500);
      await under.present(under.record(ours));
    });
  }
  promise("without its Secret it says so", async (under) => {
    if (under.service.secrets.length === 0) return;
    const secretOf: ProviderContext["secretOf"] = () =>
      Promise.reject(new DnsProviderError("credentials", "there is no such Secret"));
    const { context, solver } = under.service;
    const writer = under.provider.open(solver, { ...context, secretOf });
    const error = await failureOf(writer?.present(under.record(ours), never));
    assert.equal(error.code, "credentials");
  });
  promise("a zone that it does not hold is told apart", async (under) => {
    const { foreignZone } = under.service;
    if (foreignZone === undefined) return;
    const dnsName = `www.${foreignZone}`;
    const record = { name: `_acme-challenge.${dnsName}`, value: ours, dnsName };
    const error = await failureOf(under.present(record));
    assert.equal(error.code, "no-zone");
  });
}

const words = { outage: "down", limited: "asked too often", denied: "not for us" } as const;

async function failureOf(call: Promise<unknown> | undefined): Promise<DnsProviderError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof DnsProviderError, String(error));
    return error;
  }
  assert.fail("it did not fail");
}
