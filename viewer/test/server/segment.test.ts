// Ids that URLs do not carry as they are → their own segment, and the trace behind it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { idOf, segmentOf } from "../../src/segment.ts";
import { startDev, wireSpan, wireTrace } from "./setup.ts";

test("each id has a segment of its own, which no URL changes", () => {
  const id = fc.oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^[~.]{1,4}$/));
  fc.assert(
    fc.property(id, (text) => {
      const url = new URL(`http://127.0.0.1/traces/${segmentOf(text)}`);
      const [, , segment = ""] = url.pathname.split("/");
      expect(idOf(decodeURIComponent(segment))).toBe(text);
    }),
  );
});

test("traces and spans of such ids are answered for", async () => {
  const dev = await startDev();
  const ids = [".", "..", "~.", "~..", "...", "a/b", "%2e", "?", "~"];
  const traces = ids.map((one) => wireTrace(one, {}, [wireSpan(one)]));
  expect((await dev.send("POST", "/api/import", traces)).status).toBe(200);
  for (const one of ids) {
    const path = `/api/traces/${segmentOf(one)}`;
    expect(await (await dev.get(path)).json()).toMatchObject({ trace: { trace_id: one } });
    const span = await dev.get(`${path}/spans/${segmentOf(one)}`);
    expect(await span.json()).toMatchObject({ span: { span_id: one } });
  }
  await dev.end();
});
