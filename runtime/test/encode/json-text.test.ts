// Texts of every character → their JSON text and their size, whichever way an engine is quick at.
import { expect, test } from "vitest";
import { bytesOf, quote, quoteIn } from "../../src/encode/json-text.ts";

const PROSE =
  "The river near the old harbour carries more water than in any year before, they say.";

/** `unit` within a long text, at its beginning, and at its end. */
function texts(unit: string): readonly string[] {
  return [`${PROSE}${unit}${PROSE}`, unit + PROSE, PROSE + unit];
}

function isWrong(text: string): boolean {
  const json = quoteIn(text);
  const bytes = Buffer.byteLength(text);
  return json !== quote(text) || JSON.parse(json) !== text || bytesOf(text) !== bytes;
}

test("each UTF-16 unit in a long text is written as in a short one", () => {
  const wrong = ["🎉", "\udf89\ud83c", '\\"', "\r\n", "é漢"].flatMap(texts).filter(isWrong);
  for (let unit = 0; unit <= 0xffff; unit++)
    wrong.push(...texts(String.fromCharCode(unit)).filter(isWrong));
  expect(wrong).toStrictEqual([]);
});

test("texts that were put together, or cut out of others, are written as others are", () => {
  const long = `${PROSE}\n${PROSE}é${PROSE}`.repeat(200);
  const made = [long, `${long}漢`];
  for (let at = 0; at < 300; at++)
    made.push(
      long.slice(at, at + 70 + at * 3),
      `${long.slice(at, at + 70)} ${PROSE.slice(at % 50)}`,
    );
  expect(made.filter(isWrong)).toStrictEqual([]);
});
