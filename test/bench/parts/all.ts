/** All parts of the bench, in the order in which they run. */

import { certificatesPart } from "./certificates.ts";
import { changesPart } from "./changes.ts";
import { clusterPart } from "./cluster/cluster.ts";
import { clusterIssuancePart } from "./cluster-issuance/cluster-issuance.ts";
import { fileChangesPart } from "./file-changes.ts";
import { issuancePart } from "./issuance/issuance.ts";
import type { Part } from "./part.ts";
import { rotationPart } from "./rotation.ts";
import { startPart } from "./start.ts";
import { throughputPart } from "./throughput.ts";
import { virtualServersPart } from "./virtual-servers.ts";

export const parts: readonly Part[] = [
  changesPart,
  fileChangesPart,
  startPart,
  certificatesPart,
  throughputPart,
  virtualServersPart,
  issuancePart,
  rotationPart,
  clusterPart,
  clusterIssuancePart,
];
