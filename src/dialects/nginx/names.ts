/** Which texts are names in Kubernetes, and how its validation says that one is not. */

import { type Report, refuses, requires } from "./report.ts";

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const serviceLabel = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const headerName = /^[-A-Za-z0-9]+$/;

/** A DNS name in lower case (RFC 1123). */
export function isSubdomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every((part) => label.test(part));
}

/** One label of a DNS name (RFC 1123). */
export function isLabel(text: string): boolean {
  return label.test(text);
}

/** One label that begins with a letter (RFC 1035): names of Services and upstreams. */
export function isServiceName(text: string): boolean {
  return serviceLabel.test(text);
}

/** A name that is there and of that form; undefined after a complaint. */
export function checkName(
  text: string | undefined,
  path: string,
  report: Report,
  isValid: (text: string) => boolean,
): string | undefined {
  if (text === undefined || text === "") return requires(report, path);
  if (isValid(text)) return text;
  return refuses(
    report,
    path,
    text,
    "must be a name in lower case of letters, digits and '-', beginning and ending with a letter or digit",
  );
}

/** The name of a header, of letters, digits and hyphens; undefined after a complaint. */
export function checkHeaderName(
  text: string | undefined,
  path: string,
  report: Report,
): string | undefined {
  if (text === undefined || text === "") return requires(report, path);
  if (headerName.test(text)) return text;
  return refuses(
    report,
    path,
    text,
    "a valid HTTP header must consist of alphanumeric characters or '-'",
  );
}
