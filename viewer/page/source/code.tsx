// Lines, values and the failing line → the code as it stands in the panel.
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { SourceValue, SourceView } from "../../src/views.ts";
import { seen, seenLine } from "../parts/text.ts";
import { ownPieces } from "../parts/words.ts";
import { tokensOf, type Token } from "./tokens.ts";
import { Value } from "./value.tsx";
import { useLines } from "./lines.ts";

export const VIEWS = ["original", "both", "instrumented"] as const;
export type CodeView = (typeof VIEWS)[number];

const HEIGHT = 20;

interface Line {
  readonly line: number;
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly values: readonly SourceValue[];
  readonly inside: boolean;
  readonly instrumented: string | undefined;
}

export function Code({
  source,
  view,
}: {
  readonly source: SourceView;
  readonly view: CodeView;
}): JSX.Element {
  const lines = useMemo(() => linesOf(source), [source]);
  const scroller = useRef<HTMLDivElement>(null);
  const failing = source.failing;
  const failingAt = lines.findIndex(({ line }) => line === failing?.line);
  const shown = useLines(scroller, lines.length, failingAt, HEIGHT);
  const widest = useMemo(() => Math.max(0, ...lines.map(({ text }) => text.length)), [lines]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const start = lines.findIndex(({ line }) => line === source.start_line);
    const from = start < 0 ? 0 : Math.max(0, start - 2);
    element.scrollTop = shown.top(from);
    const bottom = failingAt < 0 ? 0 : shown.top(failingAt) + 3 * HEIGHT;
    if (bottom > element.scrollTop + element.clientHeight)
      element.scrollTop = bottom - element.clientHeight;
  }, []);
  return (
    <div ref={scroller} class={`code is-${view}`} role="region" aria-label="Source" tabIndex={0}>
      <div
        class="code-lines"
        style={{
          height: `${shown.height}px`,
          "--widest": String(widest),
          "--digits": String(String(lines.at(-1)?.line ?? 1).length),
        }}
      >
        {lines.slice(shown.first, shown.end).map((line, index) => (
          <CodeLine
            key={line.line}
            line={line}
            view={view}
            place={`${shown.top(shown.first + index)}px`}
            failing={line.line === failing?.line ? failing : null}
          />
        ))}
      </div>
    </div>
  );
}

function CodeLine({
  line,
  view,
  place,
  failing,
}: {
  readonly line: Line;
  readonly view: CodeView;
  readonly place: string;
  readonly failing: SourceView["failing"];
}): JSX.Element {
  return (
    <div
      class="source-line"
      data-testid="source-line"
      data-line={line.line}
      data-failing={failing !== null}
      data-inside={line.inside}
      style={{ top: place, "--columns": String(columnsOf(line.text)) }}
    >
      <span class="line-number" data-testid="line-number">
        {line.line}
      </span>
      {view !== "instrumented" && (
        <span class="line-text" data-testid="line-text">
          {line.tokens.map(({ kind, text }, index) =>
            kind === "text" ? (
              seen(text)
            ) : (
              <span class={`is-${kind}`} key={index}>
                {seen(text)}
              </span>
            ),
          )}
        </span>
      )}
      {view === "original" && (line.values.length > 0 || failing !== null) && (
        <span class="line-values">
          {line.values.map((value) => (
            <Value key={`${value.phase} ${value.name}`} value={value} />
          ))}
        </span>
      )}
      {view !== "original" && (
        <span class="instrumented-line" data-testid="instrumented-line" data-line={line.line}>
          {ownPieces(line.text, line.instrumented ?? "").map(({ text, own }, index) =>
            own ? <ins key={index}>{seen(text)}</ins> : <span key={index}>{seen(text)}</span>,
          )}
        </span>
      )}
      {failing !== null && (
        <span class="line-error is-error" data-testid="line-error">
          <span>
            <span aria-hidden="true">✗ </span>
            {seenLine(`${failing.type}: ${failing.message}`)}
          </span>
        </span>
      )}
    </div>
  );
}

function linesOf(source: SourceView): readonly Line[] {
  const tokens = tokensOf(source.lines.map(({ text }) => text));
  const values = Map.groupBy(source.values, ({ line }) => line);
  const instrumented = new Map(source.instrumented?.lines.map(({ line, text }) => [line, text]));
  const { start_line: start, end_line: end } = source;
  return source.lines.map(({ line, text }, index) => ({
    line,
    text,
    tokens: tokens[index] ?? [],
    values: values.get(line) ?? [],
    inside: start === null || end === null || (line >= start && line <= end),
    instrumented: instrumented.get(line),
  }));
}

/** As a browser draws them: a tab is two wide, and some letters are. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const letter of text) columns += letter === "\t" || letter > "\u2e7f" ? 2 : 1;
  return columns;
}
