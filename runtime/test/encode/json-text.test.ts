// Texts of every character → their JSON text and their size, whichever way an engine is quick at.
import { expect, test } from "vitest";
import { bytesOf, hasRareControl, isPlainIn, quote } from "../../src/encode/json-text.ts";

const PROSE =
  "The river near the old harbour carries more water than in any year before, they say.";

/** `unit` within a long text, at its beginning, and at its end. */
function texts(unit: string): readonly string[] {
  return [`${PROSE}${unit}${PROSE}`, unit + PROSE, PROSE + unit];
}

function isWrong(text: string): boolean {
  const plain = `"${text}"`;
  const json = quote(text);
  if (isPlainIn(text) && !hasRareControl(plain) && plain !== json) return true;
  return JSON.parse(json) !== text || bytesOf(text) !== Buffer.byteLength(text);
}

// The first long texts of a process are written in another way.
for (let at = 0; at < 100; at++) isPlainIn(PROSE);

test("each UTF-16 unit in a long text is written as in a short one", () => {
  const wrong = ["🎉", "\udf89\ud83c", '\\"', "\r\n", "é漢"].flatMap(texts).filter(isWrong);
  for (let unit = 0; unit <= 0xffff; unit++)
    wrong.push(...texts(String.fromCharCode(unit)).filter(isWrong));
  expect(wrong).toStrictEqual([]);
});

test("a text that nothing is escaped in is seen to be one, if the engine is quick at that", () => {
  const quick = Number.parseInt(process.versions.v8, 10) >= 13;
  expect(isPlainIn(JSON.parse(JSON.stringify(PROSE)) as string)).toBe(quick);
  // A piece of one that takes two bytes a character.
  expect(isPlainIn(`漢${PROSE}${PROSE}`.slice(1))).toBe(false);
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
