// What a program passes to our functions beside its own functions: whatever it is, nothing throws,
// and what cannot be read is counted.
import {
  calculateCost,
  configure,
  currentSpan,
  currentTrace,
  finalizeAndSend,
  flush,
  shutdown,
  startTrace,
  track,
  trackLlm,
  withLambda,
  withTrace,
} from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { beforeEach, expect, test } from "vitest";
import { count } from "../../src/platform/report.ts";

let sink = memorySink();
beforeEach(() => {
  sink = memorySink();
  configure({ sink, enabled: true, durability: "memory" });
});

const refuse = (): never => {
  throw new Error("the program's own");
};
const traps: ProxyHandler<object> = Object.fromEntries(
  Reflect.ownKeys(Reflect)
    .filter((key) => typeof key === "string")
    .map((key) => [key, refuse]),
);
const FIELDS: readonly string[] = (
  "name metadata tags level args result settle self model projectId environment userId sessionId parent " +
  "traceName traceInput traceOutput input output statusMessage usage value comment " +
  "modelId inputTokens outputTokens length then getRemainingTimeInMillis"
).split(" ");
const getters = Object.fromEntries(
  FIELDS.map((name) => [name, { get: refuse, enumerable: true, configurable: true }]),
);

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const HOSTILE: Readonly<Record<string, unknown>> = {
  "a proxy whose traps throw": new Proxy({}, traps),
  "a proxy of a list": new Proxy([], traps),
  "a proxy of a function": new Proxy(() => 1, traps),
  "a revoked proxy": revoked({}),
  "a revoked proxy of a list": revoked([]),
  "a revoked proxy of a function": revoked(() => 1),
  "getters that throw": Object.defineProperties({}, getters),
  "a function of such getters": Object.defineProperties(() => 1, getters),
  "what cannot be a text": { toString: refuse, valueOf: refuse, [Symbol.toPrimitive]: refuse },
  "a list of that": [{ toString: refuse, [Symbol.toPrimitive]: refuse }, Symbol("s"), 1n],
  "a list whose iterator throws": Object.assign(["a"], { [Symbol.iterator]: refuse }),
  "no prototype": Object.create(null),
  "a symbol": Symbol("s"),
  "a large integer": 1n,
  null: null,
  "a number": Number.NaN,
  "a text": "text",
};

/** All that a program may pass to our functions: the value itself, and as each of the fields. */
async function passAll(value: unknown): Promise<void> {
  const given = [value, ...FIELDS.map((name) => ({ name: "named", [name]: value }))] as never[];
  for (const one of given) {
    expect(track((x: number) => x + 1, one)(1)).toBe(2);
    expect(trackLlm((x: number) => x + 1, one)(1)).toBe(2);
    startTrace(one);
    finalizeAndSend(one);
    withTrace(one, () => {
      currentTrace()?.update(one);
      currentTrace()?.score(one);
      track(() => currentSpan()?.update(one))();
    });
    const cost = await calculateCost(one);
    expect(cost).toBeNull();
    const handler = withLambda((...values: never[]) => Promise.resolve(values.length));
    expect(await handler(one, one)).toBe(2);
  }
  track(value);
  trackLlm(value);
  withLambda(value as never);
  expect(withLambda(() => value)()).toBe(value);
  await flush(value as never);
}

test.each(Object.entries(HOSTILE))("%s is no error anywhere", async (_, value) => {
  await expect(passAll(value)).resolves.toBeUndefined();
  await shutdown(value as never);
});

/** How often something was counted by `task`. */
function counted(reason: string, task: () => void): number {
  const before = count(reason);
  task();
  return count(reason) - before - 1;
}

test("what cannot be read is counted, and the other fields are taken", async () => {
  const bad = (name: string, rest: object): never =>
    Object.defineProperty(rest, name, { get: refuse, enumerable: true }) as never;
  expect(
    counted("invalid_track_options", () => {
      withTrace("tracked", () => {
        track(() => 1, bad("metadata", { name: "named", tags: ["kept"] }))();
        track(() => 1, bad("name", { metadata: { kept: 1 } }))();
        track(() => 1, { tags: ["kept", 1] as never })();
        track(() => 1, { level: "loud" as never, metadata: [] as never, self: 1 as never })();
        track(() => 1, 7 as never)();
      });
    }),
  ).toBe(7);
  expect(
    counted("invalid_trace_options", () => {
      startTrace(bad("metadata", { name: "started", userId: "user", tags: ["kept"] }));
    }),
  ).toBe(1);
  expect(
    counted("invalid_update", () => {
      currentTrace()?.update(bad("tags", { metadata: { kept: 1 } }));
      finalizeAndSend(bad("traceInput", { traceOutput: "output", sessionId: "session" }));
    }),
  ).toBe(2);
  expect(
    counted("invalid_score", () => {
      withTrace("scored", () => {
        currentTrace()?.score(bad("comment", { name: "quality", value: 1 }));
        currentTrace()?.score(bad("value", { name: "quality" }));
      });
    }),
  ).toBe(3);
  await flush();
  const [tracked, started, scored] = sink.traces();
  expect(tracked?.spans.map(({ span_name, tags }) => [span_name, tags])).toEqual([
    ["named", ["kept"]],
    ["(anonymous)", []],
    ["(anonymous)", ["kept"]],
    ["(anonymous)", []],
    ["(anonymous)", []],
  ]);
  expect(tracked?.spans[1]?.metadata).toMatchObject({ kept: 1 });
  expect(started).toMatchObject({
    trace_name: "started",
    user_id: "user",
    session_id: "session",
    tags: ["kept"],
    metadata: { kept: 1 },
    trace_output: "output",
  });
  expect(scored?.scores).toEqual([{ name: "quality", value: 1, comment: null }]);
});
