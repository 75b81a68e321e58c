// Names and values side by side, in every shape that programs use → the value of a secret's name is
// masked, all else is as it was.
import { expect, test } from "vitest";
import { createEncoder } from "../../src/encode/encoder.ts";
import { LARGE, snapshot } from "../../src/encode/snapshot.ts";
import { NAMES } from "../../../test/support/secrets.ts";

const encoder = createEncoder();
const VALUE = "f00dfeed";
const PLAIN = "simple";

type Shape = (name: string, value: string) => unknown;

/** Whatever the value looks like. */
const SHAPES: Readonly<Record<string, Shape>> = {
  "entries of an object": (name, value) => Object.entries({ accept: "text/html", [name]: value }),
  "one entry in a list": (name, value) => [[name, value]],
  "entries of a Map": (name, value) => [...new Map<unknown, unknown>([[name, value], ["a", 1]])],
  "a Set of entries": (name, value) => new Set([[name, value]]),
  "a query's pairs": (name, value) => [...new URLSearchParams({ page: "2", [name]: value })],
  "flat headers": (name, value) => ["Host", "127.0.0.1:80", name, value],
  "flat headers as bytes": (name, value) =>
    ["host", "x.io:80", name, value].map((text) => Buffer.from(text)),
  "a list with a number": (name, value) => [name, value, "age", 3],
  "name and value": (name, value) => [{ name, value }, { name: "city", value: "Paris" }],
  "value and name": (name, value) => ({ value, name }),
  "key and value": (name, value) => ({ key: name, value, enabled: true }),
  "AWS tags": (name, value) => [{ Key: name, Value: value }],
  "AWS tag specifications": (name, value) => [{ TagKey: name, TagValue: value }],
  "CloudFormation parameters": (name, value) => [{ ParameterKey: name, ParameterValue: value }],
  "AWS filters": (name, value) => [{ Name: name, Values: [value] }],
  "CloudFront headers": (name, value) => ({ [name.toLowerCase()]: [{ key: name, value }] }),
  "DynamoDB items": (name, value) => ({ Item: { name: { S: name }, value: { S: value } } }),
  "Firestore, OpenTelemetry": (name, value) => ({ key: name, value: { stringValue: value } }),
  "HAR": (name, value) => ({ request: { headers: [{ name, value, comment: "" }] } }),
  "header and value": (name, value) => ({ header: name, value }),
  "field, old and new": (name, value) => ({ field: name, oldValue: value, newValue: value }),
  "JSON patch": (name, value) => [{ op: "replace", path: `/users/1/${name}`, value }],
  "k and v": (name, value) => [{ k: name, v: value }],
  "xml2js": (name, value) => ({ add: [{ $: { name }, _: value }] }),
  "xml2js, elements": (name, value) => ({ name: [name], value: [value] }),
  "syntax trees": (name, value) => ({
    type: "Property",
    key: { type: "Identifier", name },
    value: { type: "Literal", value },
  }),
  "columns and rows": (name, value) => ({ columns: ["id", name], rows: [[1, value]] }),
  "fields and rows": (name, value) => ({
    fields: [{ name: "id" }, { name }],
    rows: [[1, value], [2, value]],
  }),
  "names and values": (name, value) => ({ names: ["id", name], values: [1, value] }),
  "a sheet": (name, value) => [["id", "city", name], ["1", "Paris", value], ["2", "Rome", value]],
}; // prettier-ignore

/** Names of one word that is no name in a list of this form. */
const isHeader = (name: string): boolean => name !== "pass";

test.each(Object.entries(SHAPES))("%s", (_, shape) => {
  for (const name of NAMES.filter(isHeader)) {
    for (const value of [VALUE, PLAIN]) {
      for (const shown of everyWay(shape(name, value))) {
        expect(shown, `${name} in ${shown}`).not.toContain(value);
        expect(shown).toContain("[REDACTED]");
        expect(shown).not.toContain("Paris[");
      }
    }
  }
  for (const name of ["city", "input_tokens", "x-request-id", "author", "keyName", "Accept"]) {
    for (const shown of everyWay(shape(name, VALUE))) {
      expect(shown).not.toContain("[REDACTED]");
    }
  }
});

/** Whole, as part of what a limit cuts, and as a copy. */
function everyWay(value: unknown): string[] {
  const copy = snapshot(value);
  const cut = encoder.value({ value, big: "x".repeat(90_000) }, 3_000);
  expect(JSON.parse(cut)).toMatchObject({ big: { _truncated: true } });
  return [
    encoder.value(value, 10_000),
    encoder.value([[value]], 10_000),
    ...(copy === LARGE ? [] : [encoder.value(copy, 10_000)]),
    cut,
  ];
}

test("what a call is handed: names and values by their parameters, or by what they look like", () => {
  const masked = (name: string): string => `["${name}","[REDACTED]"]`;
  expect(encoder.list(["x-api-key", PLAIN], ["name", "value"], 999)).toBe(masked("x-api-key"));
  expect(encoder.list(["x-api-key", PLAIN], ["key", "val"], 999)).toBe(masked("x-api-key"));
  expect(encoder.list(["x-api-key", VALUE], ["a", "b"], 999)).toBe(masked("x-api-key"));
  expect(encoder.list(["x-api-key", VALUE], ["...pair"], 999)).toBe(masked("x-api-key"));
  expect(encoder.fields(["key", "value"], ["apiKey", PLAIN], 999)).not.toContain(PLAIN);
  const explain = '["token","In NLP, a token is a unit of 4 characters.",3]';
  expect(encoder.list(JSON.parse(explain) as unknown[], ["term", "text", "n"], 999)).toBe(explain);
});

test("a store of cookies or parameters that says which are secret", () => {
  for (const told of [{ httpOnly: true }, { type: "SecureString" }, { sensitive: true }, { type: "password" }]) {
    const shown = encoder.value([{ name: "session", value: PLAIN, ...told }], 999);
    expect(shown).not.toContain(PLAIN);
  }
  const theme = [{ name: "theme", value: "dark", httpOnly: false, type: "text" }];
  expect(JSON.parse(encoder.value(theme, 999))).toEqual(theme);
}); // prettier-ignore

test("a command's words", () => {
  const commands = [
    ["mysql", "--password", PLAIN, "--verbose"],
    ["HSET", "user:1", "password", VALUE, "name", "ada"],
    ["user:1", "password", VALUE, "age", "42"],
    ["AUTH", "password", VALUE],
  ];
  for (const command of commands) {
    const shown = JSON.parse(encoder.value(command, 999)) as string[];
    expect(shown).toEqual(
      command.map((word) => (word === PLAIN || word === VALUE ? "[REDACTED]" : word)),
    );
  }
});

const HARMLESS: readonly unknown[] = [
  { required: ["username", "password", "email"] },
  { required: ["password", "confirm_password"] },
  ["token", "cookie", "session"],
  ["api_key", "organization_name", "user_id"],
  ["jwt", "basic", "oauth"],
  ["psql", "--no-password", "mydb"],
  [["city", "Paris"], ["lang", "en"]],
  ["Host", "x.io:80", "Accept", "*/*"],
  ["The token: a unit of text", "and more"],
  { type: "token", value: "+" },
  { fields: ["id", "city"], rows: [[1, "Paris"]] },
  { columns: ["id", "password"], order: ["id", "asc"] },
  { name: "city", value: "Paris", sensitive: false },
  { label: "Tokens used", value: 12 },
  [["id", "city", "password_length"], ["1", "Paris", "12"]],
  { model: "gpt-4o", tokens: ["The", " token", " key", "x1"] },
  { name: "get_weather", arguments: '{"city":"Paris"}' },
  { role: "tool", name: "token_counter", content: "12 tokens" },
]; // prettier-ignore

test.each(HARMLESS.map((value) => [value]))("not touched: %j", (value) => {
  expect(JSON.parse(encoder.value(value, 5_000))).toEqual(value);
  expect(JSON.parse(encoder.value(snapshot(value), 5_000))).toEqual(value);
});

test("own names act here, too", () => {
  const own = createEncoder({ keys: ["birthDate"] });
  expect(own.value([["birth_date", PLAIN]], 999)).toBe('[["birth_date","[REDACTED]"]]');
  expect(own.value({ name: "BIRTH_DATE", value: PLAIN }, 999)).not.toContain(PLAIN);
});

test("every name that is secret under a value is secret beside it", () => {
  for (const name of NAMES) expect(encoder.value([[name, PLAIN]], 999)).not.toContain(PLAIN);
});
