// Sections of the documentation that tell what to type ↔ the guides that tests follow to the letter.
import { expect, test } from "vitest";
import { blocksOf, GUIDES, NOT_FOLLOWED } from "./guides.ts";
import { pages } from "./pages.ts";

const GUIDED = /^docs\/(?:hosts\/|get-started\.md|cli\.md)/;

test("each section with commands is followed, or says why not", () => {
  const wanted = pages()
    .filter(({ path }) => GUIDED.test(path))
    .flatMap(({ path, blocks }) =>
      blocks.filter(({ language }) => language === "sh").map(({ section }) => `${path}#${section}`),
    );
  const followed = new Set(
    GUIDES.flatMap((guide) =>
      blocksOf(guide).map(({ place, section }) => `${place.split(":")[0]}#${section}`),
    ),
  );
  const left = new Set(wanted.filter((name) => !followed.has(name)));
  expect([...left]).toEqual(Object.keys(NOT_FOLLOWED));
});
