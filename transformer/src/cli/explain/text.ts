// An explanation → lines for a terminal: each function, then the code beside the instrumented code.
// Invariant: lines that are the same on both sides are left out, but for those around a change.
import { relative } from "node:path";
import { createTwoFilesPatch } from "diff";
import { type Paint, painter, type Terminal, visible } from "../terminal.ts";
import type { Explanation } from "./explanation.ts";
import type { ExplainedFunction, Recorded } from "./functions.ts";

export function explanationText(
  explanation: Explanation,
  diff: boolean,
  terminal: Terminal,
): string {
  const paint = painter(terminal);
  const { file, config, functions, diagnostics } = explanation;
  const from = config === null ? "no llmops.config.json" : relative(terminal.cwd, config);
  const lines = [
    `${paint("underline", visible(file))}  ${paint("dim", `(${visible(from)})`)}`,
    ...functions.flatMap((each) => functionLines(each, paint)),
    ...(functions.length === 0 ? ["  no function here"] : []),
    ...diagnostics.map(({ line, column, severity, message, code }) =>
      paint(
        severity === "error" ? "red" : "yellow",
        `  ${line}:${column}  ${severity}  ${visible(message)}  ${code}`,
      ),
    ),
    "",
    ...(diff ? diffLines(explanation, paint) : besideLines(explanation, paint)),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function functionLines(each: ExplainedFunction, paint: Paint): string[] {
  const place = `${each.line}:${each.column}`;
  const name = visible(each.function);
  if (each.records === null) {
    const { code = "", message = "" } = each.reason ?? {};
    const shown = code.startsWith("LLMOPS") ? `  ${paint("dim", code)}` : "";
    return [`  ${place}  ${name}  ${paint("dim", `not tracked: ${visible(message)}`)}${shown}`];
  }
  const kind = each.records.llm ? "generation" : "span";
  return [
    `  ${place}  ${paint("green", name)}  ${kind}`,
    ...recordedLines(each.records).map((line) => `      ${visible(line)}`),
  ];
}

function recordedLines(of: Recorded): string[] {
  const rows: [string, string][] = [
    ["arguments", [...of.args, ...of.kwargs.map((key) => `{ ${key} }`)].join(", ")],
    ["locals", of.locals.map(({ name, lines }) => `${name} (line ${lines.join(", ")})`).join(", ")],
    ["this", of.self === true ? "all own fields" : (of.self ?? []).join(", ")],
    ["result", of.result ? "yes" : "no"],
    ["model", of.model ?? ""],
    ["tags", of.tags.join(", ")],
    ["level", of.level ?? ""],
    ["metadata", Object.keys(of.metadata).length > 0 ? JSON.stringify(of.metadata) : ""],
  ];
  return rows.filter(([, text]) => text !== "").map(([name, text]) => `${name.padEnd(9)} ${text}`);
}

function diffLines({ file, original, instrumented }: Explanation, paint: Paint): string[] {
  if (original === instrumented) return [];
  const patch = createTwoFilesPatch(file, `${file} (instrumented)`, original, instrumented);
  const lines = patch.slice(patch.indexOf("--- ")).trimEnd().split("\n");
  return lines.map((line) => {
    const shown = visible(line);
    if (line.startsWith("+")) return paint("green", shown);
    return line.startsWith("-") ? paint("red", shown) : shown;
  });
}

/** Lines shown around a change. */
const CONTEXT = 2;
/** The column of the original, at most. */
const WIDEST = 72;

function besideLines(explanation: Explanation, paint: Paint): string[] {
  const { original, instrumented, line, functions } = explanation;
  const left = original.split("\n");
  const right = instrumented.split("\n");
  const [first] = functions;
  const within = (at: number): boolean =>
    line === null || first === undefined || (at + 1 >= first.line && at + 1 <= first.end_line);
  const changed = left.flatMap((text, at) => (text !== right[at] && within(at) ? [at] : []));
  const shown = left
    .map((_, at) => at)
    .filter((at) => changed.some((other) => Math.abs(other - at) <= CONTEXT));
  const width = Math.min(WIDEST, Math.max(0, ...shown.map((at) => left[at]?.length ?? 0)));
  const digits = String(left.length).length;
  return shown.flatMap((at, index) => {
    const gap =
      index > 0 && shown[index - 1] !== at - 1 ? [paint("dim", " ".repeat(digits) + " ⋮")] : [];
    const number = paint("dim", String(at + 1).padStart(digits));
    const before = visible(left[at] ?? "").trimEnd();
    const after = visible(right[at] ?? "").trimEnd();
    if (left[at] === right[at]) return [...gap, `${number}  ${before}`];
    const beside = `${paint("dim", "│")} ${paint("green", after.trimStart())}`;
    if (before.length > width)
      return [...gap, `${number}  ${before}`, `${" ".repeat(digits + 2 + width)} ${beside}`];
    return [...gap, `${number}  ${before.padEnd(width)} ${beside}`];
  });
}
