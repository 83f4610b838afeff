/** What the texts of steps mean: pattern and action, exactly one for every step. */

import type { Step } from "./gherkin.ts";

export type StepDefinitions<Action> = readonly (readonly [pattern: RegExp, action: Action])[];

export interface DefinedStep<Action> {
  readonly step: Step;
  readonly action: Action;
  /** What the pattern's groups found. */
  readonly words: readonly string[];
}

/** Throws on a step that means nothing, or several things: none may be passed over. */
export function findDefinition<Action>(
  definitions: StepDefinitions<Action>,
  step: Step,
): DefinedStep<Action> {
  const found = definitions.flatMap(([pattern, action]) => {
    const match = pattern.exec(step.text);
    return match === null ? [] : [{ step, action, words: match.slice(1) }];
  });
  const [defined] = found;
  if (defined === undefined) throw new Error(`no meaning for the step "${step.text}"`);
  if (found.length > 1) throw new Error(`${found.length} meanings for the step "${step.text}"`);
  return defined;
}
