/** `custom-http-errors`: what clients get in the place of an upstream's errors. */

import type { ErrorAnswer } from "#model/action.ts";
import { annotationField } from "../../common/support.ts";
import { refuses } from "../report.ts";
import type { Told } from "./values.ts";

const name = "nginx.org/custom-http-errors";

/** Those that are registered ("HTTP Status Code Registry"): an upstream has hardly any other. */
const registered: Readonly<Record<string, readonly number[]>> = {
  "4xx": [
    ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417],
    ...[421, 422, 423, 424, 425, 426, 428, 429, 431, 451],
  ],
  "5xx": [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511],
};

/** The status alone: the page of the default backend is not fetched. Without such a backend nginx does nothing either. */
export function errorAnswersOf(
  told: Told,
  { hasDefaultBackend }: { readonly hasDefaultBackend: boolean },
): readonly ErrorAnswer[] {
  const value = told.text(name);
  if (value === undefined) return [];
  const parts = value.split(",").flatMap((part) => part.trim() || []);
  const codes = parts.flatMap((part) => registered[part.toLowerCase()] ?? Number(part));
  const wrong = codes.some((code) => !Number.isInteger(code) || code < 300 || code > 599);
  if (wrong || codes.length === 0 || codes.includes(499)) {
    const detail = "must be status codes in the range [300, 599] but 499, '4xx' or '5xx'";
    refuses(told.report, annotationField(name), value, detail);
    return [];
  }
  if (!hasDefaultBackend) return [];
  return [...new Set(codes)].map((status) => ({
    statuses: [status],
    answer: { kind: "respond", status },
  }));
}
