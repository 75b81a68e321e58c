// What each package exports ↔ its report in docs/api: a change of the API shows in the review.
// `npm run api` writes the reports anew.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { apiReport } from "./api-report.ts";
import { packages, ROOT } from "./doors.ts";

const all = packages().filter(({ doors }) => doors.length > 0);

test.each(all.map((each) => [each.name, each] as const))("%s", (name, each) => {
  const path = join(ROOT, "docs/api", `${name}.api.md`);
  const { text: report, undocumented } = apiReport(each);
  if (process.env["UPDATE"] === "1" && !process.env["CI"]) {
    mkdirSync(join(ROOT, "docs/api"), { recursive: true });
    writeFileSync(path, report);
  }
  const committed = existsSync(path) ? readFileSync(path, "utf8") : "";
  expect(report, "npm run api writes it anew").toBe(committed);
  expect(undocumented, "each export has a doc comment, for the reference").toEqual([]);
  expect(report).not.toMatch(/\bany\b(?!")/);
});
