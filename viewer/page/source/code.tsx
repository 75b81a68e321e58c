// Lines, values and the failing line → the code as it stands in the panel.
import { useSignal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { SourceValue, SourceView } from "../../src/views.ts";
import { seen } from "../parts/text.ts";
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
  const { failing } = source;
  const failingAt = lines.findIndex(({ line }) => line === failing?.line);
  const below = useSignal(HEIGHT);
  const shown = useLines(scroller, lines.length, HEIGHT, failingAt, below.value);
  const widest = useMemo(() => widestOf(lines, view), [lines, view]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const start = lines.findIndex(({ line }) => line === source.start_line);
    element.scrollTop = shown.top(Math.max(0, start - 2));
    const bottom = failingAt < 0 ? 0 : shown.top(failingAt) + 4 * HEIGHT;
    if (bottom > element.scrollTop + element.clientHeight)
      element.scrollTop = bottom - element.clientHeight;
  }, []);
  const style = {
    height: `${shown.height}px`,
    "--widest": String(widest),
    "--digits": String(String(lines.at(-1)?.line ?? 1).length),
  };
  return (
    <div
      ref={scroller}
      class={`code is-${view}`}
      role="region"
      aria-label="Source"
      tabIndex={0}
      onScroll={(event) => {
        // Two columns move as one: each shows its lines from the same letter on.
        const { scrollLeft } = event.currentTarget;
        event.currentTarget.style.setProperty("--moved", `${scrollLeft}px`);
      }}
    >
      <div class="code-lines" style={style}>
        {lines.slice(shown.first, shown.end).map((line, index) => (
          <CodeLine
            key={line.line}
            line={line}
            view={view}
            place={`${shown.top(shown.first + index)}px`}
            failing={line.line === failing?.line ? failing : null}
            below={below}
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
  below,
}: {
  readonly line: Line;
  readonly view: CodeView;
  readonly place: string;
  readonly failing: SourceView["failing"];
  /** How high the error below it is. */
  readonly below: Signal<number>;
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
      <div class="line-row">
        <span class="line-number" data-testid="line-number">
          {line.line}
        </span>
        {view !== "instrumented" && (
          <span class="line-text" data-testid="line-text">
            <Tokens tokens={line.tokens} />
          </span>
        )}
        {view === "original" && line.values.length > 0 && (
          <span class="line-values">
            {line.values.map((value) => (
              <Value key={`${value.phase} ${value.name}`} value={value} />
            ))}
          </span>
        )}
        {view !== "original" && (
          <span class="instrumented-line" data-testid="instrumented-line" data-line={line.line}>
            <span>
              {ownPieces(line.text, line.instrumented ?? "").map(({ text, own }, index) =>
                own ? <ins key={index}>{seen(text)}</ins> : <span key={index}>{seen(text)}</span>,
              )}
            </span>
          </span>
        )}
      </div>
      {failing !== null && <LineError failing={failing} below={below} />}
    </div>
  );
}

function Tokens({ tokens }: { readonly tokens: readonly Token[] }): JSX.Element {
  return (
    <span>
      {tokens.map(({ kind, text }, index) =>
        kind === "text" ? (
          seen(text)
        ) : (
          <span class={`is-${kind}`} key={index}>
            {seen(text)}
          </span>
        ),
      )}
    </span>
  );
}

/** A longer message is whole in the span's output. */
const MESSAGE = 600;

function LineError({
  failing,
  below,
}: {
  readonly failing: NonNullable<SourceView["failing"]>;
  readonly below: Signal<number>;
}): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (element.current === null) return undefined;
    const observer = new ResizeObserver(() => {
      below.value = element.current?.offsetHeight ?? HEIGHT;
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  const text = seen(`${failing.type}: ${failing.message}`);
  return (
    <div ref={element} class="line-error is-error" data-testid="line-error">
      <span aria-hidden="true">✗ </span>
      {text.length > MESSAGE ? `${text.slice(0, MESSAGE)}…` : text}
    </div>
  );
}

function widestOf(lines: readonly Line[], view: CodeView): number {
  return Math.max(
    0,
    ...lines.map(({ text, instrumented }) =>
      Math.max(
        view === "instrumented" ? 0 : columnsOf(text),
        view === "original" ? 0 : columnsOf(instrumented ?? ""),
      ),
    ),
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
