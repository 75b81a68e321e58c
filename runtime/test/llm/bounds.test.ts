// However long an answer, a prompt or a list of calls: what is held of it has a bound.
import { expect, test } from "vitest";
import { Fold } from "../../src/llm/fold.ts";
import { valueAt } from "../../src/llm/json-path.ts";
import { promptText } from "../../src/llm/prompt.ts";

const LIMIT = 100;
const PIECE = "0123456789";
const fold = (): Fold => new Fold(LIMIT, (value) => JSON.stringify(value));
const times = (count: number, task: (at: number) => void): void => {
  for (let at = 0; at < count; at++) task(at);
};

test("an answer without end", () => {
  const answer = fold();
  times(1000, (at) => {
    answer.addText(PIECE, at % 3);
    answer.addReasoning(PIECE);
    answer.call(0, { id: "one", name: "read", arguments: PIECE });
  });
  const { text, reasoning, toolCalls } = answer.reply();
  // Choices stand apart by an empty line.
  expect(text?.replaceAll("\n", "")).toHaveLength(LIMIT);
  expect(reasoning).toHaveLength(LIMIT);
  expect(toolCalls).toEqual([{ id: "one", name: "read", arguments: PIECE.repeat(10) }]);
});

test("a model that calls tools without end, or with arguments without end", () => {
  const answer = fold();
  times(1000, (at) => answer.call(at, { id: `call ${at}`, name: "read", arguments: "{}" }));
  expect(answer.reply().toolCalls).toHaveLength(128);
  const streamed = fold();
  times(2000, (at) => streamed.call(0, { pieces: [{ jsonPath: `$.a${at}`, numberValue: at }] }));
  const [call] = streamed.reply().toolCalls;
  expect(Object.keys(call?.arguments as object)).toHaveLength(1024);
});

test("lists whose items are named by huge indexes", () => {
  const paths = new Map([
    ["$.days[1000000].rain", true],
    ["$.days[7].rain", false],
  ]);
  expect(valueAt(paths)).toEqual({ days: [{ rain: true }, { rain: false }] });
});

test("a conversation without end, and a message of parts without end", () => {
  const messages = Array.from({ length: 1000 }, () => ({ role: "user", content: PIECE }));
  const parts = Array.from({ length: 1000 }, () => ({ type: "text", text: PIECE }));
  for (const prompt of [messages, [{ role: "user", content: parts }]]) {
    const text = promptText([prompt], ["messages"], [], LIMIT);
    expect(text?.length).toBeGreaterThan(LIMIT);
    expect(text?.length).toBeLessThan(2 * LIMIT);
  }
});
