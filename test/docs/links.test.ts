// Links in Markdown ↔ the files and headings that they lead to.
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { type Page, pages, ROOT } from "./pages.ts";

const all = pages();
const byPath: ReadonlyMap<string, Page> = new Map(all.map((page) => [page.path, page]));

/** Why a link leads nowhere, if it does. */
function faultOf(page: Page, link: string): string | undefined {
  if (/^(?:https?|mailto):/.test(link)) return undefined;
  const [target = "", anchor] = link.split("#");
  const path = target === "" ? page.path : normalize(join(dirname(page.path), target));
  if (!existsSync(join(ROOT, path))) return `${link}: there is no ${path}`;
  if (anchor === undefined) return undefined;
  return byPath.get(path)?.anchors.has(anchor) === true
    ? undefined
    : `${link}: ${path} has no such heading`;
}

test.each(all.map((page) => [page.path, page] as const))("%s", (_, page) => {
  expect(page.links.flatMap((link) => faultOf(page, link) ?? [])).toEqual([]);
});

test("a link that leads nowhere is noticed", () => {
  const page = byPath.get("README.md");
  if (page === undefined) throw new Error("README.md was not read.");
  expect(faultOf(page, "docs/gone.md")).toMatch(/there is no docs\/gone.md/);
  expect(faultOf(page, "docs/delivery.md#gone")).toMatch(/no such heading/);
  expect(faultOf(page, "docs/delivery.md#bounds")).toBeUndefined();
});

test("every page is reached from the README or the site's menu", () => {
  const reached = new Set(["README.md"]);
  for (const path of reached) {
    const page = byPath.get(path);
    for (const link of page?.links ?? [])
      reached.add(normalize(join(dirname(path), link.split("#")[0] ?? "")));
  }
  const own = all.filter(({ path }) => !/^[a-z]+\/README/.test(path));
  expect(own.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});
