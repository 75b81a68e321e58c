// Node's context frames are used only where they do what they do today.
import { AsyncLocalStorage, type AsyncResource } from "node:async_hooks";
import { expect, test } from "vitest";
import { findFrames } from "../../src/context/async-context-frame.ts";

/** Frames as a later Node might have them: `set` does what a case says. */
function framesThat(set: (current: object | undefined) => object | undefined): unknown {
  const storage = { stored: undefined as string | undefined, getStore: () => storage.stored };
  class Frame {
    static now: Frame | undefined;
    readonly size = 1;
    static current(): Frame | undefined {
      return Frame.now;
    }
    static set(frame: Frame | undefined): void {
      Frame.now = set(frame) as Frame | undefined;
      storage.stored = frame === undefined ? undefined : "own";
    }
  }
  const resource = { [Symbol("frame")]: new Frame() } as unknown as AsyncResource;
  return findFrames(storage, resource, "own");
}

test("frames that work are used", () => {
  expect(framesThat((frame) => frame)).toBeTypeOf("function");
});

test.each<[string, (frame: object | undefined) => object | undefined]>([
  ["do not become current", () => undefined],
  ["are copied", (frame) => frame && (Object.create(frame) as object)],
  ["are not put back", (frame) => frame ?? {}],
  [
    "throw",
    () => {
      throw new Error("not any more");
    },
  ],
])("frames that %s are not", (_, set) => {
  expect(framesThat(set)).toBeUndefined();
});

test("a platform without frames has none", () => {
  expect(findFrames(new AsyncLocalStorage(), {} as AsyncResource, "own")).toBeUndefined();
});
