/** The judge agrees with every scenario of the upstream conformance suite for Ingress. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readIngressFeatures, skipWithoutFeatures } from "#test/conformance/ingress-features.ts";
import { servedIngresses, standaloneClasses } from "#test/simulators/ingress/classes.ts";
import { judgeIngress } from "#test/simulators/ingress.ts";
import { readConformance } from "./conformance.ts";
import { paperPool } from "./pool.ts";

const features = readIngressFeatures();
// As in a cluster: a class that nobody declared is nobody's.
const cluster = { ...standaloneClasses, servedClasses: [] };

describe("ingress-controller-conformance", { skip: skipWithoutFeatures }, () => {
  for (const [file, feature] of features) {
    it(`${file}: the judge answers every scenario as upstream demands`, () => {
      const scenarios = readConformance(feature, paperPool);
      assert.notEqual(scenarios.length, 0);
      for (const scenario of scenarios) {
        const { world, request, status, name } = scenario;
        assert.equal(servedIngresses(world, cluster).length > 0, scenario.served, name);
        if (request === undefined) continue;
        const { outcome, certificate } = judgeIngress(world, request, cluster);
        const code = outcome.kind === "backend" ? 200 : "status" in outcome && outcome.status;
        assert.equal(code, status, name);
        if (outcome.kind === "backend") {
          assert.equal(outcome.service, scenario.service ?? outcome.service, name);
          assert.equal(outcome.endpoints.length, scenario.pods ?? 1, name);
        }
        assert.equal(certificate, scenario.certificate, name);
      }
    });
  }
});
