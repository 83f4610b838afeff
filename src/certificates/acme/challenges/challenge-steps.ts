/** The steps by which one name is shown ours: presented, looked for, told to the server, judged by it. */

import { AcmeError } from "../client/acme-error.ts";
import { type Authorization, answerChallenge, getAuthorization } from "../client/authorizations.ts";
import { formatProblem } from "../client/problem.ts";
import { pollingPause } from "../polling.ts";
import { again, type Reconciled } from "../reconciled.ts";
import { type ChallengeWork, end, keep, keepReason, toSolve, wait } from "./challenge-work.ts";

/** A server that does not say is asked so often at first. */
const usualPauseMs = 250;

/** Does what a Challenge that has its turn needs next. */
export async function takeStep(work: ChallengeWork): Promise<Reconciled> {
  if (work.status.presented !== true) return await present(work);
  const found = await work.solver.check(toSolve(work), work.signal);
  const { type, dnsName } = work.planned.spec;
  if (found.kind === "failed")
    return await end(work, "errored", { reason: "PresentError", message: found.message });
  if (found.kind === "pending") {
    const reason = `Waiting for ${type} challenge propagation: ${found.message}`;
    return await wait(work, found.retryAfter, reason);
  }
  try {
    return await judge(work, await ask(work));
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    if (error.retryable || error.code === "unreadable") {
      await keepReason(work, error.message);
      return { kind: "outage", retryAfter: error.retryAfter, reason: error.message };
    }
    const message = `Error accepting challenge for ${dnsName}: ${error.message}`;
    return await end(work, error.problem?.status === 404 ? "expired" : "errored", {
      reason: "Failed",
      message,
    });
  }
}

async function present(work: ChallengeWork): Promise<Reconciled> {
  const { solver, signal, planned, deps, object } = work;
  const outcome = await solver.present(toSolve(work), signal);
  switch (outcome.kind) {
    case "failed":
      return await end(work, "errored", { reason: "PresentError", message: outcome.message });
    case "pending":
      return await wait(work, outcome.retryAfter, outcome.message);
    case "done": {
      const presentedAt = deps.clock.now().round("second").toString();
      const { reason: _, ...others } = work.status;
      const notice = outcome.notice === undefined ? {} : { reason: outcome.notice };
      await keep(work, { ...others, ...notice, presented: true, presentedAt });
      const message = `Presented challenge using ${planned.spec.type} challenge mechanism`;
      await deps.tell(object, { type: "Normal", reason: "Presented", message });
      return again({ seconds: 0 }, "presented");
    }
  }
}

/** Tells the server once it has not been told; then how the authorization stands. */
async function ask({ deps, access, planned, signal }: ChallengeWork): Promise<Authorization> {
  const { url, authorizationURL } = planned.spec;
  const { session, signer } = await deps.twins.accessFor(access, url, signal);
  const before = await getAuthorization(session, signer, authorizationURL, signal);
  const offered = before.challenges.find((one) => one.url === url);
  if (before.status !== "pending" || offered?.status !== "pending") return before;
  await answerChallenge(session, signer, url, signal);
  return await getAuthorization(session, signer, authorizationURL, signal);
}

async function judge(work: ChallengeWork, authorization: Authorization): Promise<Reconciled> {
  const { dnsName, type, url } = work.planned.spec;
  switch (authorization.status) {
    case "valid": {
      const message = `Domain "${dnsName}" verified with "${type}" validation`;
      return await end(work, "valid", { reason: "DomainVerified", message });
    }
    case "pending":
      return again(pauseFor(work, authorization), "the server looks");
    default: {
      const problem = authorization.challenges.find((one) => one.url === url)?.problem;
      const why = problem === undefined ? authorization.status : formatProblem(problem);
      const message = `Error accepting authorization: acme: authorization error for ${dnsName}: ${why}`;
      const state = authorization.status === "expired" ? "expired" : "invalid";
      return await end(work, state, { reason: "Failed", message });
    }
  }
}

function pauseFor(
  { status, deps }: ChallengeWork,
  { retryAfter }: Authorization,
): Temporal.Duration {
  const now = deps.clock.now();
  const since = status.presentedAt === undefined ? now : Temporal.Instant.from(status.presentedAt);
  return pollingPause({ retryAfter, since, now }, usualPauseMs);
}
