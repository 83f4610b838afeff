/** What one replica asks another, and the answer, as they go over the wire. */

import type { Json } from "#base/json.ts";
import { err, ok, type Result } from "#base/result.ts";
import {
  fields,
  integer,
  list,
  oneOf,
  optional,
  type Parsed,
  type Parser,
  type Problem,
  required,
  text,
} from "#base/schema.ts";

/** Where on the xDS port it is asked. */
export const questionPath = "/sekisho.v1.Replica/Settled";
/** So many names are asked for at a time. */
export const mostNames = 2000;
/** So many of them, with the longest names there can be. */
export const maxQuestionBytes = 4 * 1024 * 1024;
/** The answer comes when all is settled, and after this long in any case. */
export const longestAnswer = Temporal.Duration.from({ seconds: 1 });

const question = fields({
  /** In an empty version: that the name is gone. */
  names: required(
    list(
      fields({
        type: required(
          oneOf("cluster", "endpoints", "secret", "listener", "routes", "scope", "policy"),
        ),
        name: required(text),
        version: required(text),
      }),
    ),
  ),
});

const answer = fields({
  /** Which of the names, by their places, not all proxies have answered for. */
  unsettled: required(list(integer(0))),
  /** Those proxies; none when the replica itself does not have what was asked for. */
  lacking: required(list(text)),
  /** Proxies that are not waited for: they have not answered for long. */
  silent: required(list(text)),
  /** All that are connected there; a replica of an earlier version does not say it. */
  proxies: optional(list(text)),
});

export type Question = Parsed<typeof question>;
export type Answer = Parsed<typeof answer>;

/** A {@link Question} from the body of a request. */
export function parseQuestion(body: string): Result<Question, string> {
  const parsed = parse(question, body);
  if (parsed.ok && parsed.value.names.length > mostNames) return err("too many names");
  return parsed;
}

/** An {@link Answer} from the body of a response. */
export function parseAnswer(body: string): Result<Answer, string> {
  return parse(answer, body);
}

function parse<T>(parser: Parser<T>, body: string): Result<T, string> {
  let value: Json;
  try {
    value = JSON.parse(body) as Json;
  } catch {
    // Whoever sent it speaks something else.
    return err("not JSON");
  }
  const problems: Problem[] = [];
  const parsed = parser(value, { path: "", problems });
  // A later version of us may say more.
  const wrong = problems.find(({ problem }) => problem !== "unknown");
  if (parsed !== undefined && wrong === undefined) return ok(parsed);
  return err(`${wrong?.path} ${wrong?.message}`);
}
