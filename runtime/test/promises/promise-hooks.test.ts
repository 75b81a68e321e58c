// V8's hooks slow every promise of the process: they are there while a promise is watched, and go.
import v8 from "node:v8";
import { expect, onTestFinished, test, vi } from "vitest";
import { PromiseHooks } from "../../src/promises/promise-hooks.ts";

test("hooks go once no promise is watched, and come back in the form that is asked for", () => {
  const there: string[][] = [];
  vi.spyOn(v8.promiseHooks, "createHook").mockImplementation((hooks) => {
    const names = Object.keys(hooks);
    there.push(names);
    return () => there.splice(there.indexOf(names), 1);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const hooks = new PromiseHooks({ settled: () => {}, attached: () => {} });
  const watchOne = (attaching: boolean): void => {
    hooks.begin();
    hooks.ask(attaching);
  };
  watchOne(false);
  expect(there).toEqual([["settled"]]);
  watchOne(true);
  expect(there).toEqual([["init", "settled"]]);
  watchOne(false);
  expect(there).toEqual([["init", "settled"]]);
  for (const last of [false, false, true]) expect(hooks.end()).toBe(last);
  // One turn more: most programs watch the next one by then.
  expect(hooks.rest()).toBe(true);
  expect(hooks.rest()).toBe(false);
  expect(there).toEqual([]);
  watchOne(false);
  expect(there).toEqual([["settled"]]);
  expect(hooks.rest()).toBe(false);
  expect(there).toEqual([["settled"]]);
});
