/** The kinds of change that are made to the served world, each to subjects of its own, whose right answers it knows. */

import { X509Certificate } from "node:crypto";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { backend, ingress, type ManifestFiles, secret, tlsIngress } from "./manifests.ts";
import { Timeline } from "./timeline.ts";
import type { Upstream } from "./upstream.ts";

export interface Subject {
  readonly host: string;
  /** `status body`. */
  readonly timeline: Timeline;
}

export interface Site {
  readonly files: ManifestFiles;
  /** Named `a` and `b`; a Service of that name leads to each. */
  readonly upstreams: readonly [Upstream, Upstream];
  readonly nowMs: () => number;
}

interface Change {
  /** Who answers otherwise after the change. */
  readonly timeline: Timeline;
  /** Prepares the next state: its answer, and what makes it so. */
  readonly next: () => { readonly answer: string; readonly make: () => void };
}

export interface World {
  readonly subjects: readonly Subject[];
  /** Serial number of the certificate that tls.test shows. */
  readonly certificate: Timeline;
  /** Makes the next change; `isAlive`: there is a control plane to see to it. */
  readonly change: (isAlive: boolean) => void;
  /** After so many changes everything is as before them, but for names that count up. */
  readonly changesInRound: number;
  readonly died: () => void;
  readonly revived: () => void;
}

/** A change of a kind comes back to where it began after one, two or so many. */
const longestCycle = 4;
/** Subjects of each kind. */
const perKind = 6;

export function createWorld(site: Site): World {
  const { files, upstreams, nowMs } = site;
  for (const { name, port } of upstreams) files.write(`${name}.yaml`, backend(name, port));
  files.write("stable.yaml", ingress("stable", "stable.test", "a"));
  const certificate = renewals(site);
  const kinds = [routes, services, endpoints, hosts, brokenFiles];
  const made = Array.from({ length: perKind }, (_, index) =>
    kinds.map((kind) => kind(site, index)),
  );
  const changes = made.flatMap((ofAll) => [...ofAll.map(({ change }) => change), certificate]);
  const timelines = [...new Set(changes.map(({ timeline }) => timeline))];
  let next = 0;
  return {
    subjects: made.flat().map(({ subject }) => subject),
    certificate: certificate.timeline,
    changesInRound: longestCycle * changes.length,
    change: (isAlive) => {
      const change = changes[next % changes.length];
      next += 1;
      if (change === undefined) return;
      const { answer, make } = change.next();
      change.timeline.change(answer, nowMs(), isAlive);
      make();
    },
    died: () => {
      for (const timeline of timelines) timeline.died(nowMs());
    },
    revived: () => {
      for (const timeline of timelines) timeline.revived(nowMs());
    },
  };
}

type Kind = (site: Site, index: number) => { readonly subject: Subject; readonly change: Change };

/** A route goes to the other of two Services that are both in use. */
const routes: Kind = ({ files }, index) => {
  const host = `route-${index}.test`;
  const write = (to: string): void =>
    files.write(`${host}.yaml`, ingress(`route-${index}`, host, to));
  write("a");
  return alternate(host, ["200 a", "200 b"], [() => write("a"), () => write("b")]);
};

/** A route goes to a Service that nobody used before, and the one before is deleted with it. */
const services: Kind = ({ files, upstreams }, index) => {
  const host = `service-${index}.test`;
  let edition = 0;
  const write = (upstream: Upstream): void => {
    edition += 1;
    const service = `service-${index}-${edition}`;
    const texts = [backend(service, upstream.port), ingress(`service-${index}`, host, service)];
    files.write(`${host}.yaml`, texts.join("---\n"));
  };
  write(upstreams[0]);
  const make = upstreams.map((upstream) => () => write(upstream)) as [() => void, () => void];
  return alternate(host, ["200 a", "200 b"], make);
};

/** The endpoint of a Service moves. */
const endpoints: Kind = ({ files, upstreams }, index) => {
  const host = `endpoint-${index}.test`;
  const write = ({ port }: Upstream): void =>
    files.write(`endpoint-${index}-backend.yaml`, backend(`endpoint-${index}`, port));
  files.write(`${host}.yaml`, ingress(`endpoint-${index}`, host, `endpoint-${index}`));
  write(upstreams[0]);
  const make = upstreams.map((upstream) => () => write(upstream)) as [() => void, () => void];
  return alternate(host, ["200 a", "200 b"], make);
};

/** A host comes and goes; every other one is a wildcard. */
const hosts: Kind = ({ files }, index) => {
  const name = `host-${index}`;
  const isWildcard = index % 2 === 1;
  const claimed = isWildcard ? `*.${name}.test` : `${name}.test`;
  const file = `${name}.yaml`;
  files.write(file, ingress(name, claimed, "a"));
  return alternate(
    isWildcard ? `some.${name}.test` : claimed,
    ["200 a", "404 "],
    [() => files.write(file, ingress(name, claimed, "a")), () => files.remove(file)],
  );
};

/** A file breaks, and what it held goes on; healed it holds something else. */
const brokenFiles: Kind = ({ files }, index) => {
  const host = `broken-${index}.test`;
  const file = `${host}.yaml`;
  const write = (to: string): void => files.write(file, ingress(`broken-${index}`, host, to));
  write("a");
  let step = 0;
  const timeline = new Timeline("200 a");
  const steps = [
    { answer: "200 a", make: () => files.write(file, "kind: [Ingress\n") },
    { answer: "200 b", make: () => write("b") },
    { answer: "200 b", make: () => files.write(file, "\t: {") },
    { answer: "200 a", make: () => write("a") },
  ];
  const next = (): (typeof steps)[number] => {
    const found = steps[step % steps.length];
    step += 1;
    if (found === undefined) throw new Error("no step");
    return found;
  };
  return { subject: { host, timeline }, change: { timeline, next } };
};

/** The certificate of tls.test is replaced. */
function renewals({ files }: Site): Change {
  const renew = (): { readonly answer: string; readonly make: () => void } => {
    const pair = selfSigned(["tls.test"]);
    const answer = new X509Certificate(pair.certificate).serialNumber;
    return { answer, make: () => files.write("secret.json", secret(pair)) };
  };
  const { answer, make } = renew();
  make();
  files.write("tls.yaml", tlsIngress("tls", "tls.test", "a"));
  return { timeline: new Timeline(answer), next: renew };
}

/** Two answers in turn, beginning with the first. */
function alternate(
  host: string,
  answers: readonly [string, string],
  make: readonly [() => void, () => void],
): ReturnType<Kind> {
  const timeline = new Timeline(answers[0]);
  let now: 0 | 1 = 0;
  const next = (): { readonly answer: string; readonly make: () => void } => {
    now = now === 0 ? 1 : 0;
    return { answer: answers[now], make: make[now] };
  };
  return { subject: { host, timeline }, change: { timeline, next } };
}
