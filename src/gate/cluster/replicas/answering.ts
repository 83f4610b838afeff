/** Answers other replicas: whether the proxies that are connected here have what they ask about. */

import type { Clock } from "#runtime/clock.ts";
import type { Http2Handler } from "#runtime/http/http2-server.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import type { Settlement } from "#xds/settlement.ts";
import { untilSettled } from "../../settling.ts";
import {
  type Answer,
  longestAnswer,
  maxQuestionBytes,
  parseQuestion,
  type Question,
  questionPath,
} from "./question.ts";

export interface AnsweringDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly settlement: () => Settlement;
}

/** `proxies` for everything but the question of another replica, which is for `replicas`. */
export function byQuestion(replicas: Http2Handler, proxies: Http2Handler): Http2Handler {
  return (request, response) =>
    (request.url === questionPath ? replicas : proxies)(request, response);
}

/** The handler of that question; who may ask is decided before it. */
export function createAnswering(deps: AnsweringDeps): Http2Handler {
  const answers = deps.metrics.counter(
    "sekisho_replica_answers_total",
    "Questions of other replicas that were answered, by whether all proxies had what was asked for.",
    ["settled"],
  );
  return (request, response) => {
    const end = (status: number, body: string): void => {
      response.statusCode = status;
      response.end(body);
    };
    void readBody(request)
      .then(async (body) => {
        const question = body === undefined ? undefined : parseQuestion(body);
        if (question?.ok !== true) return end(400, question?.error ?? "too much was asked for");
        const answer = await answerTo(deps, question.value);
        answers.add(1, { settled: answer.unsettled.length === 0 ? "yes" : "no" });
        end(200, JSON.stringify(answer));
      })
      .catch((error: unknown) => {
        deps.log.warn("a question of another replica was not answered", {
          [logFields.error]: errorText(error),
        });
        response.stream.close();
      });
  };
}

async function answerTo(deps: AnsweringDeps, { names }: Question): Promise<Answer> {
  const settlement = deps.settlement();
  // Before: one that connects meanwhile is waited for, or is not named yet.
  const proxies = settlement.connected();
  const left = await untilSettled({ ...deps, settlement }, names, {
    longest: longestAnswer,
    now: (asked) => asked,
  });
  const open = new Set(left);
  return {
    unsettled: names.flatMap((asked, index) => (open.has(asked) ? [index] : [])),
    lacking: settlement.lacking(left),
    silent: settlement.silent(),
    proxies,
  };
}

async function readBody(request: AsyncIterable<unknown>): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const read = chunk as Buffer;
    bytes += read.length;
    if (bytes > maxQuestionBytes) return undefined;
    chunks.push(read);
  }
  return Buffer.concat(chunks).toString("utf8");
}
