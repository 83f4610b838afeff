/** Feature files as scenarios to play: Cucumber's own parser reads them and fills in backgrounds and outlines. */

import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from "@cucumber/gherkin";
import type { GherkinDocument, Pickle, PickleStep, Scenario } from "@cucumber/messages";
import { IdGenerator } from "@cucumber/messages";

export interface Feature {
  readonly name: string;
  readonly scenarios: readonly PlayedScenario[];
}

/** A scenario, or an outline with one row of its examples. */
export interface PlayedScenario {
  /** Title, description and example, in one line. */
  readonly name: string;
  /** Where it stands in the file; an example where its row stands. */
  readonly line: number;
  /** The background's steps first. */
  readonly steps: readonly Step[];
}

export interface Step {
  /** Without its keyword. */
  readonly text: string;
  /** The text between triple quotes below the step. */
  readonly document?: string;
  /** The table below the step, its heading first. */
  readonly table?: readonly (readonly string[])[];
}

/** Throws on a text that is no feature. */
export function parseFeature(text: string): Feature {
  const newId = IdGenerator.incrementing();
  const parser = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher());
  const document = parser.parse(text);
  if (document.feature === undefined) throw new Error("the file holds no feature");
  const sources = sourcesOf(document);
  return {
    name: document.feature.name,
    scenarios: compile(document, "", newId).map((pickle) => playedScenario(pickle, sources)),
  };
}

/** What a pickle was made of: the scenario, and the row of its examples. */
interface Sources {
  readonly scenarios: ReadonlyMap<string, Scenario>;
  readonly examples: ReadonlyMap<string, Example>;
}

interface Example {
  readonly line: number;
  readonly cells: readonly string[];
}

function sourcesOf({ feature }: GherkinDocument): Sources {
  const children = (feature?.children ?? []).flatMap((child) => child.rule?.children ?? [child]);
  const scenarios = children.flatMap(({ scenario }) => scenario ?? []);
  const rows = scenarios.flatMap(({ examples }) => examples.flatMap(({ tableBody }) => tableBody));
  return {
    scenarios: new Map(scenarios.map((scenario) => [scenario.id, scenario])),
    examples: new Map(
      rows.map(({ id, location, cells }) => [
        id,
        { line: location.line, cells: cells.map(({ value }) => value) },
      ]),
    ),
  };
}

function playedScenario(pickle: Pickle, sources: Sources): PlayedScenario {
  const [scenarioId = "", rowId = ""] = pickle.astNodeIds;
  const scenario = sources.scenarios.get(scenarioId);
  const example = sources.examples.get(rowId);
  const shown = example && `(${example.cells.map((cell) => JSON.stringify(cell)).join(", ")})`;
  const words = [pickle.name, scenario?.description, shown].join(" ");
  return {
    name: words.replaceAll(/\s+/g, " ").trim(),
    line: example?.line ?? scenario?.location.line ?? 0,
    steps: pickle.steps.map(playedStep),
  };
}

function playedStep({ text, argument }: PickleStep): Step {
  const document = argument?.docString?.content;
  const rows = argument?.dataTable?.rows;
  const table = rows?.map(({ cells }) => cells.map(({ value }) => value));
  return {
    text,
    ...(document === undefined ? {} : { document }),
    ...(table === undefined ? {} : { table }),
  };
}
