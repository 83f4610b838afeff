/** `nginx.com/health-checks`: endpoints are asked as the readiness probe of their pods asks them. */

import { endpointSliceKind } from "#kinds/endpoint-slice.ts";
import type { Upstream } from "#kinds/nginx/upstream.ts";
import { parseKey } from "#kinds/object.ts";
import { type Pod, podKind } from "#kinds/pod.ts";
import type { Probe } from "#kinds/pod-template.ts";
import { serviceKind } from "#kinds/service.ts";
import { annotationField } from "../../common/support.ts";
import type { World } from "../../dialect.ts";
import { slicesByService } from "../../world-indexes.ts";
import { type Report, tells } from "../report.ts";

interface Asked {
  readonly service: string;
  readonly port: number;
  readonly report: Report;
}

/** The check, where a pod that is known has such a probe; else none, as with the controller. */
export function probeOf(
  { service, port, report }: Asked,
  world: World,
): Pick<Upstream, "healthCheck"> {
  const { namespace } = report.origin;
  const target = world
    .get(serviceKind, namespace, service)
    ?.value?.spec?.ports?.find((entry) => entry.port === port);
  const wanted = target?.targetPort ?? port;
  const probes = podsOf(namespace, service, world).flatMap((pod) => probesAt(pod, wanted));
  const [probe] = probes;
  const http = probe?.httpGet;
  if (probe === undefined || http === undefined) {
    tells(report, annotationField("nginx.com/health-checks"), {
      reason: "NoProbeKnown",
      message: `no pod that is known here of Service ${service} has a readiness probe by HTTP at that port, so endpoints are not checked`,
      advice: "give its pods one, or check endpoints by a VirtualServer's healthCheck",
    });
    return {};
  }
  return {
    healthCheck: {
      enable: true,
      path: http.path ?? "/",
      interval: `${probe.periodSeconds ?? 10}s`,
      "read-timeout": `${probe.timeoutSeconds ?? 1}s`,
      fails: probe.failureThreshold ?? 3,
      passes: probe.successThreshold ?? 1,
      headers: http.httpHeaders ?? [],
    },
  };
}

function podsOf(namespace: string, service: string, world: World): readonly Pod[] {
  return [...world.filed(slicesByService.name, `${namespace}/${service}`)].sort().flatMap((key) => {
    const slice = world.get(endpointSliceKind, namespace, parseKey(key).name)?.value;
    return (slice?.endpoints ?? []).flatMap((endpoint) => {
      const { kind, name } = endpoint?.targetRef ?? {};
      if (kind !== "Pod" || name === undefined) return [];
      return world.get(podKind, namespace, name)?.value ?? [];
    });
  });
}

function probesAt(pod: Pod, wanted: number | string): readonly Probe[] {
  return (pod.spec?.containers ?? []).flatMap((container) => {
    const probe = container?.readinessProbe;
    const port = container?.ports?.find(
      (entry) => entry?.containerPort === wanted || entry?.name === wanted,
    );
    const asked = probe?.httpGet?.port;
    const isThere = port !== undefined && (asked === port.containerPort || asked === port.name);
    return probe !== undefined && isThere ? [probe] : [];
  });
}
