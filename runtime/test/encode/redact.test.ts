// Secrets in every place they turn up → none survives, whole or in part; look-alikes → untouched.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEncoder } from "../../src/encode/encoder.ts";
import { stopsFor } from "../../src/encode/redact/tokens.ts";
import { hex, join, NAMES, noise, TEXTS } from "../../../test/support/secrets.ts";

const encoder = createEncoder();
/** Names that sound alike. */
const HARMLESS_NAMES = [
  "input_tokens", "output_tokens", "total_tokens", "max_tokens", "maxTokens", "maxOutputTokens", "tokens", "tokenizer",
  "token_usage", "tokenCount", "token_count", "token_type", "tokenLimit", "prompt_tokens_details", "cached_tokens",
  "time_to_first_token", "cost_per_token", "eos_token", "nextToken", "next_page_token", "stop_token", "author", "authors",
  "authority", "passage", "passages", "passenger", "bypass", "compass", "passed", "first_pass", "keyboard", "keyword",
  "keywords", "key", "keys", "primaryKey", "foreign_key", "publicKey", "cacheKey", "partitionKey", "sortKey", "s3_key",
  "monkey", "keyName", "secretary", "secretName", "secret_arn", "passwordPolicy", "password_length", "has_password_expiry",
  "cookieName", "cookiePolicy", "auth_type", "authorized", "authenticated", "credit", "session", "sessionId", "session_id",
  "user_id", "trace_id", "hash", "signature_help", "description", "authorId", "tokenIds", "detokenize", "PWD", "idempotency_key",
]; // prettier-ignore

/** Texts that look like secrets, and are none. */
const HARMLESS = [
  "123e4567-e89b-12d3-a456-426614174000",
  hex(40),
  hex(64),
  "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
  "the risk-based-approach-to-2024-planning was chosen",
  "sk-learn-pipeline-with-many-hyphens",
  "task-1234567890-abcdefghijklmnop",
  "desk-chair-and-lamp-set-2024-edition",
  "The bearer of this letter may enter; bearer authentication is explained below.",
  "Basic understanding of algebra, basic programming, Basic JavaScript.",
  "max_tokens=4096 and input_tokens: 1200",
  '{"max_tokens": 512, "total_tokens":1234567890123456789, "tokenizer":"cl100k_base_long_name"}',
  "https://example.com:8080/path/to@somewhere?page=2&sort=asc",
  "mailto:ada@example.com and http://localhost:3000/@scope/package",
  "tokens: 123456789, keywords: retrieval, authors: Ada Lovelace",
  "const token = tokenizer.decode(ids); const key = map.get(name);",
  "password: string; token?: string; secret: None",
  "if (password === undefined) throw new Error('missing')",
  "A token: a unit of text. The secret: patience. Password: must be long.",
  "npm_config_registry_and_other_settings_v10",
  "some_snake_case_identifier_with_numbers_12345",
  "some-kebab-case-class-name-with-numbers-12345",
  "arn:aws:sqs:us-east-1:123456789012:queue-name-that-is-long",
  "at Object.<anonymous> (/srv/app/dist/authenticate.js:10:15)",
  "2026-11-23T22:15:00.000Z [info] passage=12 author=ada keys=3",
  "eyJust a sentence that begins oddly.",
  "AKIA is the prefix of an access key id",
  "-----BEGIN CERTIFICATE-----\nMIIB0123456789\n-----END CERTIFICATE-----",
  "-----BEGIN PUBLIC KEY-----\nMIIB0123456789\n-----END PUBLIC KEY-----",
  "anthropic.claude-3-5-sonnet-20241022-v2:0",
  "text-embedding-3-large gpt-4o-2024-08-06 o1-preview-2024-09-12",
  "chatcmpl-9zQ1hXkR7bVtYwPnMs3LdUeFg8A2j",
  "toolu_01A09q90qw90lq917835lq9 msg_01XFDUDYJgAACzvnptvVoYEL",
  "https://en.wikipedia.org/wiki/Token:_a_view",
  "pk-lf-1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901",
  "f(x) = y; a == b; c => d; e: f; g::h",
  'required: ["username", "password", "email"]',
  'required: ["api_key", "organization_name"] or ["password","confirm_password"]',
  '[["city","Paris2024"],["x-request-id","f00dfeed99"]] and ["Host","x.io:80","Accept","*/*"]',
  '{"key":"city","type":"text","value":"Paris2024"} {"value":"Paris2024","name":"city"}',
  "- name: CITY\n  value: paris2024\n- name: password_policy\n  value: strict2024",
  'get("token", "user") and Field("password", "string")',
  "the --token flag, --max-tokens 4096 and -u 1000:1000 of docker run",
  "curl -u $USER:$PASSWORD https://x.io and curl --user <name>:<password> https://x.io",
  "<title>Passwords: a short history</title><author>ada1</author>",
  '{"name":"city","value":"Paris2024"} and <option name="lang" value="en-GB-1">',
  'const name: string = "a name that is long enough"; let tokens: number = 1200;',
  "Namespace::Token::parse and std::string token::value",
  "pull-request-2024-cleanup-of-everything, patience.is-a-virtue-2024-edition",
  "10:30 a=b 1:1 k=v",
  "tables | of | words|and_more_words_in_a_long_cell | 12",
  "a.b~c and ~1234567890 approximately",
  "dapifyTheWholeThingWithAVeryLongName1234567890 EAAGENERATOR",
  "cmVmb3JtIGlzIGEgbG9uZyB3b3JkIGluIGJhc2U2NA",
];

test("the lists are as long as promised", () => {
  expect(TEXTS.length).toBeGreaterThanOrEqual(60);
  expect(NAMES.length).toBeGreaterThanOrEqual(60);
  expect(HARMLESS_NAMES.length + HARMLESS.length).toBeGreaterThanOrEqual(60);
});

test.each(TEXTS)("no part of a secret in a text: %#", (text, secret) => {
  expect(text).toContain(secret);
  for (const shown of [
    encoder.text(text, 10_000),
    encoder.value(text, 10_000),
    encoder.value({ deep: [{ note: text }] }, 10_000),
    encoder.value(new Map([[text, text]]), 20_000),
    encoder.list([text], ["note"], 10_000),
    encoder.error(new Error(text), 10_000).text,
    encoder.error(text, 10_000).text,
    encoder.value(Buffer.from(text), 10_000),
    encoder.value({ [text]: 1 }, 10_000),
  ]) {
    expect(shown).toContain("[REDACTED]");
    for (const part of [secret.slice(0, 40), secret.slice(-16)]) {
      expect(shown.includes(part) && !part.startsWith("-----")).toBe(false);
    }
  }
});

test.each(TEXTS)("no part of a secret that a limit cuts: %#", (text, secret) => {
  const inner = secret.slice(Math.floor(secret.length / 3), Math.floor(secret.length / 3) + 8);
  const at = text.indexOf(secret);
  for (
    let lead = 1_024 - at - secret.length - 1;
    lead <= 1_024 - at;
    lead += Math.max(1, secret.length >> 3)
  ) {
    const long = `${". ".repeat(600).slice(0, Math.max(lead, 0))}${text}${" tail".repeat(10_000)}`;
    for (const shown of [
      encoder.text(long, 1_036),
      encoder.value(long, 5_000),
      encoder.value([long, long], 5_000),
      encoder.error(new Error(long), 3_000).text,
    ]) {
      expect(shown.includes(inner)).toBe(false);
    }
  }
});

test.each(NAMES)("what stands under %s is masked", (name) => {
  const masked = "[REDACTED]";
  expect(JSON.parse(encoder.value({ [name]: "v" }, 1_000))).toEqual({ [name]: masked });
  expect(JSON.parse(encoder.value({ a: [{ [name]: { b: ["x"] } }] }, 1_000))).toEqual(
    name === "pass" ? { a: [{ pass: { b: ["x"] } }] } : { a: [{ [name]: masked }] },
  );
  expect(JSON.parse(encoder.value(new Map([[name, "v"]]), 1_000))).toMatchObject({
    entries: { [name]: masked },
  });
  expect(
    JSON.parse(
      encoder.value(
        new Map<unknown, unknown>([
          [name, "v"],
          [1, 2],
        ]),
        1_000,
      ),
    ),
  ).toMatchObject({
    entries: [
      [name, masked],
      [1, 2],
    ],
  });
  expect(encoder.list(["v", 1], [name], 1_000)).toBe(`["${masked}",1]`);
  expect(encoder.value("v", 1_000, name)).toBe(`"${masked}"`);
  expect(JSON.parse(encoder.fields([name, "b"], ["v", 1], 1_000))).toEqual({
    [name]: masked,
    b: 1,
  });
  expect(JSON.parse(encoder.own({ [name]: "v" }, [name], 1_000))).toEqual({ [name]: masked });
  // Cut or not, a masked value stays masked.
  const cut = encoder.fields([name, "big"], ["hush-hush", "x".repeat(90_000)], 200);
  expect(cut).not.toContain("hush");
});

test.each(HARMLESS_NAMES)("what stands under %s is not touched", (name) => {
  expect(JSON.parse(encoder.value({ [name]: "value" }, 1_000))).toEqual({ [name]: "value" });
  expect(encoder.list(["value"], [name], 1_000)).toBe('["value"]');
});

test.each(HARMLESS)("not touched: %s", (text) => {
  expect(encoder.text(text, 10_000)).toBe(text);
  expect(JSON.parse(encoder.value({ note: text }, 10_000))).toEqual({ note: text });
});

test("usage, log probabilities and empty secrets stay readable", () => {
  const value = {
    usage: { input_tokens: 12, output_tokens: 3, total_tokens: 15 },
    logprobs: [{ token: " Hello", logprob: -0.31 }],
    password: null,
    hasToken: true,
    apiKey: "",
  };
  expect(JSON.parse(encoder.value(value, 5_000))).toEqual(value);
});

test("a value beside the name of a secret", () => {
  const list = [
    { name: "DB_PASSWORD", value: "simple" },
    { Key: "apiKey", Value: "simple" },
    { name: "city", value: "Paris" },
    { name: "token", value: true },
  ];
  const masked = [
    { name: "DB_PASSWORD", value: "[REDACTED]" },
    { Key: "apiKey", Value: "[REDACTED]" },
    { name: "city", value: "Paris" },
    { name: "token", value: true },
  ];
  expect(JSON.parse(encoder.value(list, 1_000))).toEqual(masked);
  expect(encoder.fields(["name", "value"], ["password", "simple"], 1_000)).not.toContain("simple");
  const cut = encoder.value({ list, big: "x".repeat(90_000) }, 2_000);
  expect(JSON.parse(cut)).toMatchObject({ list: masked, big: { _truncated: true } });
});

test("headers, query strings and cookies", () => {
  const headers = new Headers({ authorization: `Bearer ${noise(20)}`, cookie: "a=b", accept: "x" });
  expect(JSON.parse(encoder.value(headers, 1_000))).toEqual({
    _type: "Headers",
    authorization: "[REDACTED]",
    cookie: "[REDACTED]",
    accept: "x",
  });
  const url = new URL(join("https://u:", "pw123", "@x.io/?to", "ken=abc&page=2"));
  expect(encoder.value(url, 1_000)).toBe('"https://u:[REDACTED]@x.io/?token=[REDACTED]&page=2"');
});

test("own names, own patterns, own mask", () => {
  const own = createEncoder({
    keys: ["ssn", "birthDate"],
    patterns: [/\b\d{3}-\d{2}-\d{4}\b/],
    mask: "•",
  });
  expect(
    JSON.parse(
      own.value(
        {
          userSSN: "1",
          user_birth_date: 2,
          note: "is 123-45-6789, or 987-65-4321.",
          short: "123-45-6789",
          password: "p",
          lesson: 1,
        },
        1_000,
      ),
    ),
  ).toEqual({
    userSSN: "•",
    user_birth_date: "•",
    note: "is •, or •.",
    short: "•",
    password: "•",
    lesson: 1,
  });
  const odd = createEncoder({ patterns: [/x*/y, /(?:)/g], keys: [""], mask: '"\n' });
  expect(JSON.parse(odd.value({ token: "t", note: "ab" }, 1_000))).toEqual({
    token: '"\n',
    note: "ab",
  });
});

test("a secret anywhere in a text is found", () => {
  const secret = join("sk", "-ant-", noise(40));
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 200 }), (before, after) => {
      const shown = encoder.text(`${before} ${secret} ${after}`, 100_000);
      expect(shown.includes(noise(40))).toBe(false);
    }),
  );
});

test("older engines, which look for a token's beginning first, stop where newer ones do", () => {
  const older = stopsFor("12.4.254.21-node.33");
  const newer = stopsFor("13.6.233.17-node.26");
  const stops = (text: string, expression: RegExp): number[] =>
    [...text.matchAll(expression)].map(({ index }) => index);
  const all = [
    ...TEXTS.flat(),
    ...HARMLESS,
    "-us1",
    "_mmk",
    "EAAA",
    "AQVN",
    "ACCA",
    "GR1348941",
    "ATATT3",
    "cmVmdGtu",
    "dapi0",
    "Basic ",
    "BASIC\t",
  ];
  for (const text of all) {
    expect(stops(text, older), text).toEqual(stops(text, newer));
  }
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...all, ..."-_.|:~ IKJBbEAGcd\n7".split("")), { maxLength: 20 }),
      (parts) => {
        expect(stops(parts.join(""), older)).toEqual(stops(parts.join(""), newer));
      },
    ),
  );
  expect(all.some((text) => stops(text, newer).length > 0)).toBe(true);
});
