/** `externalDNS`: what DNS is to say of a host, as NGINX Ingress Controller asks ExternalDNS for it. */

import type { VirtualServerSpec } from "#kinds/nginx/virtual-server.ts";
import type { ObjectMeta } from "#kinds/object.ts";
import type { Fragment } from "#model/fragment.ts";
import { type Report, warns } from "../../report.ts";

type Asked = VirtualServerSpec["externalDNS"];

const at = "spec.externalDNS";
const recordTypes = ["A", "AAAA", "CNAME"] as const;

/** For the fragment; `as-before` where it cannot be told, after a complaint. */
export function translateExternalDns(
  asked: Asked,
  host: string | undefined,
  { name, labels }: Pick<ObjectMeta, "name" | "labels">,
  report: Report,
): Pick<Fragment, "wantedRecord"> {
  if (asked?.enable !== true) return {};
  const { recordType = "", recordTTL, labels: recordLabels = {}, providerSpecific = [] } = asked;
  const type = recordTypes.find((one) => one === recordType);
  if (recordType !== "" && type === undefined)
    return complain(report, "recordType", `it is ${recordType}, and not A, AAAA or CNAME`);
  if (recordTTL !== undefined && recordTTL < 0)
    return complain(report, "recordTTL", "it must not be less than 0");
  if (host === undefined) return { wantedRecord: "as-before" };
  return {
    wantedRecord: {
      ...{ name, host, labels, recordLabels },
      ...(type === undefined ? {} : { recordType: type }),
      // 0 is none for the controller.
      ...(recordTTL === undefined || recordTTL === 0 ? {} : { ttlSeconds: recordTTL }),
      providerSpecific: providerSpecific.map(({ name: property = "", value = "" }) => ({
        name: property,
        value,
      })),
    },
  };
}

function complain(report: Report, field: string, problem: string): Pick<Fragment, "wantedRecord"> {
  warns(report, `${at}.${field}`, {
    reason: "BadConfig",
    message: `no DNSEndpoint is made: ${field}: ${problem}`,
    advice: "correct it; a DNSEndpoint that was made before stays as it is",
  });
  return { wantedRecord: "as-before" };
}
