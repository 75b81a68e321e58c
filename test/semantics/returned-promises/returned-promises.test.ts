// Programs whose promises are rejected, handled, handled late or dropped, as written and as compiled, on the Nodes that
// compiled programs are for → the same exit code, stdout and stderr, and a span with the outcome for each promise.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compilePrograms, type Form } from "../compile-programs.ts";
import { type NodeBinary, nodes } from "../../support/nodes.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const FOLDER: string = path("../../../.llmops/returned-promises");
const folders = compilePrograms(path("programs"), FOLDER);
const { scenarios } = (await import(join(folders.bare, "kinds.js"))) as {
  scenarios: Readonly<Record<string, unknown>>;
};
const names = Object.keys(scenarios);

/** Such a process lives through all scenarios. */
const living: readonly string[] = [
  "unhandledRejection",
  "unhandledRejection rejectionHandled",
  "uncaughtException",
  "capture callback",
  "domain",
  "--unhandled-rejections=warn",
  "--unhandled-rejections=warn-with-error-code",
  "--unhandled-rejections=none",
  "--unhandled-rejections=strict unhandledRejection uncaughtException",
];
/** The first rejection without a handler ends such a process. */
const mortal: readonly string[] = [
  "no listener",
  "rejectionHandled",
  "uncaughtExceptionMonitor",
  "--unhandled-rejections=strict",
];
const isFatal = (name: string): boolean =>
  /^(?:ignores|derives|catchesLate) /.test(name) &&
  !/^(?:ignores|catchesLate) handledBefore/.test(name);
const harmless = names.filter((name) => !isFatal(name));
const kinds = names.filter((name) => name.startsWith("derives ")).map((name) => name.slice(8));
const careless = ["ignores", "derives", "catchesLate"];

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

interface RecordedSpan {
  readonly span_name: string;
  readonly status: string;
  readonly input_data: { readonly args: readonly unknown[] };
  readonly output_data: { readonly output: unknown };
  readonly error: { readonly type: string; readonly message: string } | null;
}

/** What each kind gives, and how it fails. Every caller but one lets it fail once, three let it succeed. */
const outcomes: Readonly<Record<string, readonly [unknown, string]>> = {
  suspends: ["suspended", "Error: suspends failed"],
  throwsAtOnce: ["returned at once", "TypeError: threw at once"],
  handsOn: ["handed on", "RangeError: handed on"],
  settled: ["was settled", "Error: was settled"],
  subclass: ["of a subclass", "Error: of a subclass"],
  settledSubclass: ["settled, of a subclass", "Error: settled, of a subclass"],
  text: ["a text", "string: a text"],
  nothing: [null, "undefined: undefined"],
  plainObject: [{ code: 7 }, 'Object: {"code":7}'],
  frozen: ["frozen", "Error: frozen"],
  namedConstructor: ["own constructor", "Error: own constructor"],
  handledBefore: ["handled before", "Error: handled before"],
};

const spansOf = (form: Form, major: number): string => join(FOLDER, `${form}-${major}.json`);

function run(node: NodeBinary, form: Form, setting: string, of: readonly string[]): Promise<Ended> {
  const flags = setting.split(" ").filter((word) => word.startsWith("--"));
  const spans = form === "bare" ? "" : spansOf(form, node.major);
  const args = [...flags, path("run.mjs"), folders[form], setting, spans, ...of];
  return new Promise((resolve) => {
    execFile(node.path, args, { timeout: 300_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal);
      resolve({ code, stdout, stderr: withoutPlaces(stderr) });
    });
  });
}

/** Names of files and processes, columns, and the line of code that Node shows are the form's own. */
function withoutPlaces(text: string): string {
  return text
    .replaceAll(/^file:\S+:\d+\n.*\n *\^+\n/gm, "(code)\n")
    .replaceAll(/\(?file:\S+:\d+:\d+\)?/g, "(place)")
    .replaceAll(/^\(node:\d+\)/gm, "(node)");
}

/** Both emitters call the same runtime, so that one of them shows what differs between Nodes. */
const formsOn = ({ path: node }: NodeBinary): readonly Form[] =>
  node === process.execPath ? ["text", "ast"] : ["text"];

async function expectTheSame(
  node: NodeBinary,
  forms: readonly Form[],
  setting: string,
  of: readonly string[],
): Promise<Ended> {
  const [bare, ...compiled] = await Promise.all([
    run(node, "bare", setting, of),
    ...forms.map((form) => run(node, form, setting, of)),
  ]);
  expect(compiled).toEqual(forms.map(() => bare));
  return bare;
}

function expectSpans(form: Form, major: number): void {
  const spans = JSON.parse(readFileSync(spansOf(form, major), "utf8")) as RecordedSpan[];
  const found: Record<string, number> = {};
  for (const span of spans) {
    const [output, error] = outcomes[span.span_name] ?? [];
    const fails = span.input_data.args[0] === true;
    expect(span).toMatchObject({
      status: fails ? "error" : "success",
      output_data: { output: fails ? null : output },
    });
    expect(span.error === null ? null : `${span.error.type}: ${span.error.message}`).toEqual(
      fails ? error : null,
    );
    const call = `${span.span_name} ${fails}`;
    found[call] = (found[call] ?? 0) + 1;
  }
  expect(found).toEqual(
    Object.fromEntries(
      kinds.flatMap((kind) => [
        [`${kind} true`, 7],
        [`${kind} false`, 3],
      ]),
    ),
  );
}

const supported = nodes.filter(({ major }) => major >= 22);

/** What V8 and Node do is told by all settings on one Node, and by the ends of the range on the others. */
const livingOn = ({ path: node }: NodeBinary): readonly string[] =>
  node === process.execPath || process.env["DIFFERENTIAL"] === "long"
    ? living
    : living.filter((_, at) => at === 0 || at === living.length - 1);

describe.each(supported)("on Node $major", (node) => {
  test.each(livingOn(node))("outlives all: %s", async (setting) => {
    const { code, stdout } = await expectTheSame(node, formsOn(node), setting, names);
    expect(code).toBe(setting.endsWith("error-code") ? 1 : 0);
    expect(stdout.match(/^== /gm)?.length).toBe(names.length);
    for (const form of formsOn(node)) expectSpans(form, node.major);
  });

  const settings = node.path === process.execPath ? mortal : mortal.slice(0, 1);
  test.each(settings)("ends at the first without a handler: %s", async (setting) => {
    const { code } = await expectTheSame(node, formsOn(node), setting, harmless);
    expect(code).toBe(0);
    const ends: Record<string, unknown> = {};
    const some = setting === mortal[0] ? kinds : kinds.filter((_, at) => at % 2 === 0);
    for (const [at, kind] of some.entries()) {
      const name = `${careless[(at + mortal.indexOf(setting)) % careless.length]} ${kind}`;
      ends[name] = (await expectTheSame(node, ["text"], setting, [name])).code;
    }
    expect(ends).toEqual(
      Object.fromEntries(Object.keys(ends).map((name) => [name, isFatal(name) ? 1 : 0])),
    );
  });
});

test("every kind is there", () => {
  expect(kinds).toEqual(Object.keys(outcomes));
  expect(names.length).toBe(kinds.length * 8);
});
