// A host may hand in a tree whose nodes do not know their parents.
import ts from "typescript";
import { expect, test } from "vitest";
import { createTransformer } from "../../src/index.ts";

const CODE = `
class Shop {
  /** @track capture=true */
  static buy = async (price: number) => { const sum = price * 2; return await pay(sum); };
  /** @track */
  [Symbol.iterator]() { return [1].values(); }
}
const handlers = { /** @track */ open: () => 1 };
/** @track */
export const twice = ((x: number) => { try { return x * 2; } finally { x++; } }) as (x: number) => number;
`;

function printed(parents: boolean): string {
  const file = ts.createSourceFile("shop.ts", CODE, ts.ScriptTarget.ESNext, parents);
  const transformer = createTransformer(ts, { config: {} });
  const [done] = ts.transform(file, [transformer]).transformed;
  return ts.createPrinter().printFile(done as ts.SourceFile);
}

test("names, locals and edits are the same with and without parents", () => {
  const without = printed(false);
  expect(without).toBe(printed(true));
  for (const name of ["Shop.buy", "Shop.[Symbol.iterator]", "handlers.open", "twice"])
    expect(without).toContain(`"fn": ${JSON.stringify(name)}`);
});
