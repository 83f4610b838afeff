/** `/status/CODES`: the status asked for, with the extras httpbin gives some of them. */

import { randomInt } from "node:crypto";
import type { Answer } from "./answer.ts";
import { page, plain } from "./answer.ts";

const teapot = `
    -=[ teapot ]=-

       _...._
     .'  _ _ \`.
    | ."\` ^ \`". _,
    \\_;\`"---"\`|//
      |       ;/
      \\_     _/
        \`"""\`
`;

/** One status, or several as `200:3,500:1` of which one is drawn by weight. */
export function statusAnswer(codes: string): Answer {
  const choices = codes.split(",").map((entry) => {
    const [code = "", weight = "1"] = entry.split(":");
    return { code: Number(code), weight: Number(weight) };
  });
  const sane = choices.every(
    ({ code, weight }) => Number.isInteger(code) && code >= 200 && code <= 599 && weight >= 0,
  );
  const code = sane ? draw(choices) : undefined;
  return code === undefined ? page(400, "Bad Request", "Invalid status code") : answerFor(code);
}

function draw(
  choices: readonly { readonly code: number; readonly weight: number }[],
): number | undefined {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  let point = (randomInt(1_000_000) / 1_000_000) * total;
  for (const { code, weight } of choices) {
    point -= weight;
    if (point < 0) return code;
  }
  return choices.at(-1)?.code;
}

function answerFor(status: number): Answer {
  const html = { "Content-Type": "text/html; charset=utf-8" };
  switch (status) {
    case 301:
    case 302:
    case 303:
    case 305:
    case 307:
      return { status, headers: { ...html, Location: "/redirect/1" }, body: "" };
    case 401:
      return {
        status,
        headers: { ...html, "WWW-Authenticate": 'Basic realm="Fake Realm"' },
        body: "",
      };
    case 407:
      return {
        status,
        headers: { ...html, "Proxy-Authenticate": 'Basic realm="Fake Realm"' },
        body: "",
      };
    case 418:
      return {
        status,
        headers: { "x-more-info": "http://tools.ietf.org/html/rfc2324" },
        body: teapot,
      };
    default:
      return plain(status, "", html["Content-Type"]);
  }
}
