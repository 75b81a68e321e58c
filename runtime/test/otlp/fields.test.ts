// Traces of other writers: what is absent, or of a wrong kind, is not there.
import { expect, test } from "vitest";
import { httpOf, ownMetadata } from "../../src/otlp/fields.ts";
import type { WireSpan, WireTrace } from "../../src/wire/schema.ts";

const traceWith = (http: unknown): WireTrace => ({ metadata: { http } }) as unknown as WireTrace;
const NOTHING = {
  method: null,
  route: null,
  path: null,
  statusCode: null,
  userAgent: null,
  clientAddress: null,
  aborted: false,
};

test("a request's facts of a wrong kind are none", () => {
  const odd = {
    method: 7,
    route: ["/"],
    path: {},
    status_code: "200",
    user_agent: 1,
    aborted: "no",
  };
  expect(httpOf(traceWith(odd))).toEqual(NOTHING);
  expect(httpOf(traceWith({ method: "GET", status_code: 200, aborted: true }))).toEqual({
    ...NOTHING,
    method: "GET",
    statusCode: 200,
    aborted: true,
  });
});

test.each([undefined, null, "GET /", 7, ["GET"]])("%j is no request", (http) => {
  expect(httpOf(traceWith(http))).toBeUndefined();
});

test("a trace or span without metadata has none", () => {
  expect(httpOf({} as WireTrace)).toBeUndefined();
  expect(httpOf({ metadata: null } as unknown as WireTrace)).toBeUndefined();
  expect(ownMetadata({} as WireSpan)).toEqual({});
});
