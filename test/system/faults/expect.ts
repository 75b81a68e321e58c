// A scenario's report → a test's verdict, with its figures where it fails.
import { expect } from "vitest";
import type { Report } from "./harness.ts";

export function expectAllHolds({ failures, figures, name }: Report): void {
  expect(failures, `${name}: ${figures}`).toEqual([]);
}
