import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFeature } from "./gherkin.ts";

const cafe = `
@tagged
Feature: A café
  Which says more about itself.

  Background:
    Given a house
    """
    rooms:
      - kitchen
    """

  # not read
  Scenario: Nobody comes
    (on Mondays)

    Then it is quiet

  Scenario Outline: Guests come
    When <count> guests order "<what>"
    Then the bill holds <key> with <value>
      | key   | value  |
      | total | <what> |

    Examples:
      | count | what   |
      | 1     | tea    |
      | 2     | a \\| b |
      | 3     |        |
`;

test("every scenario begins with the steps of the background", () => {
  const { name, scenarios } = parseFeature(cafe);
  assert.equal(name, "A café");
  assert.equal(scenarios.length, 4);
  for (const { steps } of scenarios) {
    assert.deepEqual(steps[0], { text: "a house", document: "rooms:\n  - kitchen" });
  }
});

test("a scenario is named by title and description and known by its line", () => {
  const [quiet] = parseFeature(cafe).scenarios;
  assert.equal(quiet?.name, "Nobody comes (on Mondays)");
  assert.equal(quiet.line, 14);
  assert.deepEqual(
    quiet.steps.map(({ text }) => text),
    ["a house", "it is quiet"],
  );
});

test("an outline is played once for every example, in texts and in tables; what is no heading stays", () => {
  const [, one, two, three] = parseFeature(cafe).scenarios;
  assert.equal(one?.name, 'Guests come ("1", "tea")');
  assert.equal(one.line, 27);
  assert.deepEqual(one.steps.slice(1), [
    { text: '1 guests order "tea"' },
    {
      text: "the bill holds <key> with <value>",
      table: [
        ["key", "value"],
        ["total", "tea"],
      ],
    },
  ]);
  assert.equal(two?.steps[1]?.text, '2 guests order "a | b"');
  assert.equal(three?.steps[1]?.text, '3 guests order ""');
});

test("a text that is no feature is refused with the place", () => {
  assert.throws(
    () => parseFeature("Feature: A\n  Scenario: B\n    Given C\n    nothing said"),
    /\(4:5\)/,
  );
  assert.throws(() => parseFeature(""), /no feature/);
});
