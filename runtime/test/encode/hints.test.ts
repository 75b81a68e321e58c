// Drawn texts of names, values and what stands between → where a secret's name may stand is looked
// through, and nothing else: the same secrets are found as by looking through all of it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { workOf } from "./work.ts";

const { hintsOf } = await import("../../src/encode/redact/hints.ts");
const { secretName, wordsOf } = await import("../../src/encode/redact/names.ts");
const { createRedactor } = await import("../../src/encode/redact/redactor.ts");
const { secretRanges } = await import("../../src/encode/redact/texts.ts");

const NAMES = ["api_key", "password", "DB_PASSWORD", "jwt", "Cookie", "sig", "otp", "conn_str"];
const MORE = ["dbpwd", "creds", "Authorization", "x-amz-signature", "_gitlab_session", "tenant"];
const OPEN = ["name", "id", "value", "city", "design", "signal", "w".repeat(90)];
const SECRETS = ["hunter2hunter2", "a8Kd02kfkeD93kf", "p@ss w0rd"];
const BETWEEN = [
  ":",
  "=",
  ": ",
  " => ",
  '":"',
  '", "',
  '","value":"',
  "\n  value: ",
  ">",
  " ",
  '"',
];
const BEYOND = ["", "\n", ", ", "; ", "</", " --", "[", "{", '{"', "}", '"],["', "<", "\\", '\\"'];

const names = fc.constantFrom(...NAMES, ...MORE, ...OPEN);
const filler = fc
  .tuple(fc.constantFrom("word, ", "a: b\n", '"x","', '{"value":1},', "-b ", "\\"), fc.nat(400))
  .map(([piece, times]) => piece.repeat(times));
const texts = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: names },
      { weight: 3, arbitrary: fc.constantFrom(...BETWEEN) },
      { weight: 2, arbitrary: fc.constantFrom(...SECRETS) },
      { weight: 2, arbitrary: fc.constantFrom(...BEYOND) },
      { weight: 1, arbitrary: filler },
    ),
    { maxLength: 60 },
  )
  .map((pieces) => pieces.join(""));

test("looking near hints alone finds what looking everywhere finds", () => {
  const extra = [wordsOf("tenant")];
  const hints = hintsOf(extra);
  const everywhere = { ...hints, pieces: (text: string) => [{ from: 0, to: text.length }] };
  const isSecret = (name: string): boolean => secretName(name, extra);
  fc.assert(
    fc.property(texts, (text) => {
      expect(secretRanges(text, isSecret, hints, [])).toEqual(
        secretRanges(text, isSecret, everywhere, []),
      );
    }),
    { numRuns: 1500 },
  );
});

test("every name that is judged secret has a hint", () => {
  const hints = hintsOf([]);
  const words = fc.constantFrom(
    ..."api key secret token pass password db auth otp totp pwd cookie creds credential jwt".split(
      " ",
    ),
    ..."authorization passcode passphrase passwd connection string conn str pgpass x id my".split(
      " ",
    ),
  );
  const joined = fc
    .tuple(fc.array(words, { minLength: 1, maxLength: 4 }), fc.constantFrom("_", "-", "", "."))
    .map(([parts, mark]) => parts.join(mark));
  const cased = fc
    .tuple(joined, fc.boolean())
    .map(([name, upper]) => (upper ? name.toUpperCase() : name));
  fc.assert(
    fc.property(cased, (name) => {
      if (secretName(name, [])) {
        expect(hints.test(name)).toBe(true);
        expect(hints.pieces(`${name}: x`)).toHaveLength(1);
      }
    }),
  );
});

test("a text dense in names that are no secrets is searched little more than prose", () => {
  const redactor = createRedactor();
  const dense = {
    words: '"alpha","report","house",',
    yaml: '- "report": "house"\n',
    entries: "- name: report\n  value: house\n",
    values: '{"value":12},',
    records: '{"id":12,"value":"v12"},',
    lines: "level=info took=12 user=ada\n",
  };
  const long = (piece: string): string => piece.repeat(20_000 / piece.length);
  const prose = workOf(() => redactor.text(long("The quick brown fox, it jumps over the dog. ")));
  for (const [kind, piece] of Object.entries(dense))
    expect(
      workOf(() => redactor.text(long(piece))),
      kind,
    ).toBeLessThan(prose * 4);
});
