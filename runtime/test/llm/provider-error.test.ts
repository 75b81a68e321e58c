// What is read of an error that an SDK threw: data, and headers by the platform's own method.
import { expect, test } from "vitest";
import { providerFacts } from "../../src/llm/provider-error.ts";

test("none of the program's code runs", () => {
  let ran = 0;
  const trap = (): string => `${ran++}`;
  const headers = Object.assign(new Headers({ "retry-after": "7", "x-request-id": "req_1" }), {
    get: trap,
  });
  expect(providerFacts(Object.assign(new Error("busy"), { status: 429, headers }))).toBe(
    "HTTP 429, request id req_1, retry after 7 s",
  );
  const members = ["status", "code", "type", "error", "body", "headers", "requestID", "cause"];
  const accessors = Object.fromEntries(members.map((name) => [name, { get: trap }]));
  expect(providerFacts(Object.defineProperties(new Error("odd"), accessors))).toBeUndefined();
  expect(ran).toBe(0);
});
