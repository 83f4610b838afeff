/** Who is measured in a cluster: ours, and Traefik where it is asked for and there. */

import { type LabImage, programImage } from "#test/lab/images.ts";
import { findProgram } from "../../programs/find-program.ts";
import type { ClusterSubject } from "../../subjects/cluster/cluster-subject.ts";
import { bundleImage, sekishoInCluster } from "../../subjects/cluster/sekisho-in-cluster.ts";
import {
  leastThrottle,
  traefikInCluster,
  usualThrottle,
  withStatuses,
} from "../../subjects/cluster/traefik-in-cluster.ts";
import { traefik } from "../../subjects/peers/traefik.ts";
import type { BenchContext } from "../part.ts";

export interface ClusterCast {
  readonly ours: ClusterSubject;
  /** One program in the ways in which it is run: the first is created with, the others take its place. */
  readonly peer:
    | {
        readonly quick: ClusterSubject;
        readonly usual: ClusterSubject;
        readonly telling: ClusterSubject;
      }
    | undefined;
  readonly images: readonly LabImage[];
  readonly leftOut: readonly string[];
}

export function castOf(context: BenchContext): ClusterCast {
  const ours = sekishoInCluster(context.version);
  const images = [bundleImage(context.bundle)];
  const leftOut = context.leftOut.filter((sentence) => sentence.includes(traefik.name));
  const found = context.peers.find(({ name }) => name === traefik.name);
  const program = findProgram(traefik.wanted, context.mayInstall);
  if (found === undefined || program.kind === "absent")
    return { ours, peer: undefined, images, leftOut };
  const peer = {
    quick: traefikInCluster(found.version, leastThrottle),
    usual: traefikInCluster(found.version, usualThrottle),
    telling: traefikInCluster(found.version, withStatuses),
  };
  return { ours, peer, images: [...images, programImage("traefik", program.path)], leftOut };
}
