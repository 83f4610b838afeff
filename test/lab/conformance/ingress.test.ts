/** Every scenario of the upstream conformance features for Ingress passes on Kubernetes, from the unchanged files. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readIngressFeatures, skipWithoutFeatures } from "#test/conformance/ingress-features.ts";
import { findDefinition } from "#test/conformance/step-definitions.ts";
import { skipWithoutLab } from "../build/requirements.ts";
import { installSekisho } from "../installed-sekisho.ts";
import { startLab } from "../lab.ts";
import { IngressStage } from "./ingress-stage.ts";
import { ingressSteps } from "./ingress-steps.ts";
import { Requester } from "./requester.ts";

const features = readIngressFeatures();
const skip = skipWithoutFeatures || (await skipWithoutLab());

describe("ingress-controller-conformance in a lab", { skip }, () => {
  const running = new AsyncDisposableStack();
  let openStage: () => IngressStage;

  before(async () => {
    const lab = running.use(await startLab());
    const requester = running.use(new Requester(lab));
    const sekisho = await installSekisho(lab);
    // The features' Ingresses name no class.
    const isDefault = "ingressclass.kubernetes.io/is-default-class=true";
    await lab.kubectl(["annotate", "ingressclass/sekisho", isDefault]);
    openStage = () => new IngressStage(sekisho, requester);
  });
  after(() => running.disposeAsync());

  for (const feature of features.values()) {
    describe(feature.name, () => {
      for (const { name, line, steps } of feature.scenarios) {
        it(`${name}, line ${line}`, async () => {
          // Before any of them acts: a step that means nothing is a fault of ours.
          const defined = steps.map((step) => findDefinition(ingressSteps, step));
          assert.notEqual(defined.length, 0);
          await using stage = openStage();
          for (const { action, words, step } of defined) await action(stage, words, step);
        });
      }
    });
  }
});
