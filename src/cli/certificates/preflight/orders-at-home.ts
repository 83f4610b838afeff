/** Asks the gate or cluster that would get a certificate: how many orders are allowed, and whether a trial succeeds. */

import { AcmeError } from "#certificates/acme/client/acme-error.ts";
import type { Verdict } from "../../cluster/verdict.ts";
import type { CommandContext } from "../../command-context.ts";
import { openAcme } from "../acme-of-home.ts";
import type { Surroundings } from "./surroundings.ts";
import { stagingServerOf, tryIssuance } from "./trial-issuance.ts";
import { issuerText } from "./wanted-issuer.ts";

const noGate = "start one, and ask again: sekisho up DIR";
const noIssuer = "write manifests, and serve them: sekisho init --host NAME --to ADDRESS:PORT";

/** Whether an order would be placed now, by what was ordered so far. */
export async function limitVerdict(
  context: CommandContext,
  { name, settings, home, issuer }: Surroundings,
): Promise<Verdict> {
  const about = "limits";
  const unknown = { level: "warning", about } as const;
  if (home === undefined)
    return { ...unknown, text: "no gate runs that has counted orders", advice: noGate };
  if (issuer === undefined)
    return { ...unknown, text: `no issuer is there for ${name}`, advice: noIssuer };
  const { acme, close } = await openAcme(context, home, settings);
  try {
    const { kind, metadata } = issuer.object;
    const issuerRef = { kind, name: metadata.name };
    const forecast = await acme.forecast({ issuerRef, namespace: issuer.namespace }, [[name]]);
    const whose = issuerText(issuer);
    if (forecast.allowedNow > 0)
      return {
        level: "ok",
        about,
        text: `an order of ${whose} is allowed now, by what was ordered here`,
      };
    const when = forecast.lastAt === undefined ? "" : ` before ${forecast.lastAt}`;
    return {
      level: "error",
      about,
      text: `no order of ${whose} is allowed${when}`,
      advice: "wait, or take another issuer",
    };
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    return {
      ...unknown,
      text: error.message,
      advice: "see how the issuer stands: sekisho get clusterissuers",
    };
  } finally {
    close();
  }
}

/** Whether the staging twin of the authority issues. */
export async function trialVerdict(
  context: CommandContext,
  { stagingServer, ...around }: Surroundings & { readonly stagingServer: string | undefined },
): Promise<Verdict> {
  const { name, home, issuer, signal } = around;
  const unknown = { level: "warning", about: "staging" } as const;
  if (home === undefined) return { ...unknown, text: "not tried: no gate runs", advice: noGate };
  if (issuer === undefined)
    return { ...unknown, text: `not tried: no issuer is there for ${name}`, advice: noIssuer };
  const server = stagingServer ?? stagingServerOf(issuer);
  if (server === undefined) {
    const text = `not tried: ${issuer.config.server} has no staging twin that is known`;
    return { ...unknown, text, advice: "name one: --staging-server URL" };
  }
  context.environment.terminal.warn(`asking ${server} for a certificate for ${name} …\n`);
  return await tryIssuance({ ...context, store: home.store }, { name, issuer, server }, signal);
}
