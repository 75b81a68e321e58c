// Source with its values → lines of text, each value beside the line that assigned it.
import type { SourceView } from "../views.ts";

export function sourceText({ lines, values, failing }: SourceView): string[] {
  const beside = new Map<number, string[]>();
  const add = (line: number, text: string): void => {
    const there = beside.get(line);
    if (there === undefined) beside.set(line, [text]);
    else there.push(text);
  };
  for (const { line, name, phase, preview, unset } of values) {
    if (unset) continue;
    add(line, phase === "return" ? `→ ${preview}` : `${name} = ${preview}`);
  }
  if (failing !== null) add(failing.line, `✗ ${failing.type}: ${failing.message}`);
  const width = String(lines.at(-1)?.line ?? 0).length;
  return lines.map(({ line, text }) => {
    const said = beside.get(line);
    const head = `${String(line).padStart(width)} | ${text}`;
    return said === undefined ? head : `${head}   // ${said.join(", ")}`;
  });
}
