// What the text emitter puts into a text: behind a statement without a semicolon, it may not go on
// with that statement.
import { MagicString } from "magic-string";
import { afterEach, expect, test, vi } from "vitest";
import { cases, instrumented } from "../../../test/semantics/fixtures/variants.ts";

/** What makes the statement before it longer. */
const GOES_ON = /^\s*[([`+*/.<?-]/;

afterEach(() => void vi.restoreAllMocks());

test.each(cases)("%s", (name) => {
  const inserted: string[] = [];
  const { appendLeft, update } = MagicString.prototype;
  vi.spyOn(MagicString.prototype, "appendLeft").mockImplementation(function (
    this: MagicString,
    at,
    text,
  ) {
    inserted.push(text);
    return appendLeft.call(this, at, text);
  });
  vi.spyOn(MagicString.prototype, "update").mockImplementation(function (
    this: MagicString,
    start,
    end,
    text,
  ) {
    inserted.push(text.slice(0, text.length - (end - start)));
    return update.call(this, start, end, text);
  });
  instrumented(name);
  expect(inserted.filter((text) => GOES_ON.test(text))).toEqual([]);
});
