/** Certificates that are issued: by an ACME server, and by an authority of one's own, few, many and at rest. */

import type { Part } from "../part.ts";
import { measureAcme } from "./acme.ts";
import { measureOwnAuthority } from "./own-authority.ts";

export const issuancePart: Part = {
  name: "issuance",
  title: "Certificates that are issued",
  run: async (context) => {
    const acme = await measureAcme(context);
    const own = await measureOwnAuthority(context);
    return {
      tables: [acme.table, ...own.tables],
      bars: [...acme.bars, ...own.bars],
      notes: [
        "ACME: a real Pebble that waits for nothing and refuses no nonce looks for the answer at the proxy; the key of the account and those of the certificates are RSA of 2,048 bits. The program is started from its sources; its start and that of Envoy count.",
        "Authority of one's own: P-256, one file with all Certificates comes into the directory of the bundled program; time, processor time of the control plane and writes of its store until the last is Ready, with reading the file and with Events, of which there are six each. At rest: a minute after the next start.",
        "The same in a cluster, with cert-manager beside it: cluster-issuance.",
      ],
      figures: [acme.figure, ...own.figures],
    };
  },
};
