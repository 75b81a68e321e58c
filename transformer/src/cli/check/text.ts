// A report → lines for a terminal: findings by file, the totals, and a verdict each.
// Invariant: control characters of what is reported are shown, not sent to the terminal.
import { relative } from "node:path";
import { type Paint, painter, type Terminal, visible } from "../terminal.ts";
import type { Verdict } from "./faults.ts";
import type { Report, Reported } from "./report.ts";

export function reportText(report: Report, terminal: Terminal): string {
  const paint = painter(terminal);
  const show = (path: string): string => visible(relative(terminal.cwd, path) || path);
  const lines = [
    ...findingLines(report.diagnostics, show, paint),
    totalsLine(report, paint),
    ...report.host.verdicts.flatMap((verdict) => verdictLines(verdict, show, paint)),
  ];
  return `${lines.join("\n")}\n`;
}

type Show = (path: string) => string;

function findingLines(found: readonly Reported[], show: Show, paint: Paint): string[] {
  const lines: string[] = [];
  for (const file of new Set(found.map((each) => each.file))) {
    const ofFile = found.filter((each) => each.file === file);
    const widest = Math.max(...ofFile.map((each) => placeText(each).length));
    lines.push(paint("underline", show(file)));
    for (const each of ofFile) lines.push(findingLine(each, widest, paint));
    lines.push("");
  }
  return lines;
}

const placeText = ({ line, column }: Reported): string => `${line}:${column}`;

function findingLine(found: Reported, width: number, paint: Paint): string {
  const { severity, message, code } = found;
  const place = paint("dim", placeText(found).padEnd(width));
  const word = paint(severity === "error" ? "red" : "yellow", severity.padEnd("warning".length));
  return `  ${place}  ${word}  ${visible(message)}  ${paint("dim", code)}`;
}

function totalsLine({ totals, sites, took_ms: took }: Report, paint: Paint): string {
  const { files, functions, tracked, skipped, errors, warnings } = totals;
  const inFiles = new Set(sites.map(({ file }) => file)).size;
  const text = [
    `${counted(tracked, "function")} tracked in ${counted(inFiles, "file")}`,
    `(of ${functions} in ${files}),`,
    ...(skipped > 0 ? [`${skipped} left untouched,`] : []),
    `${counted(errors, "error")}, ${counted(warnings, "warning")}`,
    `(${took} ms)`,
  ].join(" ");
  return paint("bold", text);
}

function verdictLines(verdict: Verdict, show: Show, paint: Paint): string[] {
  const { host, ok, code, message, fix, file, line, column } = verdict;
  if (ok) return [`${paint("green", "✓")} ${host}: ${visible(message)}`];
  const place = file === null ? [] : [`    at   ${show(file)}:${line}:${column}`];
  return [
    `${paint("red", "✗")} ${host}: ${visible(message)}  ${paint("dim", code ?? "")}`,
    ...place,
    `    fix  ${visible(fix ?? "")}`,
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
