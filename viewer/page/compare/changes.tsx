// A pair of spans → each value that is not the same, the words of it that changed marked.
import type { JSX } from "preact";
import type { TraceRow } from "../../src/model.ts";
import type { Change, Pair } from "../../src/views.ts";
import * as format from "../parts/format.ts";
import { Said } from "../parts/states.tsx";
import { seen, seenLine } from "../parts/text.ts";
import { ownPieces } from "../parts/words.ts";
import { pathOf } from "../api.ts";
import { tracePath } from "../state/address.ts";
import { SIGNS } from "./pair.tsx";

export function Changes({
  pair,
  a,
  b,
}: {
  readonly pair: Pair | undefined;
  readonly a: TraceRow;
  readonly b: TraceRow;
}): JSX.Element {
  if (pair === undefined)
    return (
      <aside class="changes" aria-label="Changes">
        <Said title="Choose a span on the left." />
      </aside>
    );
  const { delta } = pair;
  const facts = [
    ...(delta.duration_ms === null ? [] : [format.signed(delta.duration_ms, format.duration)]),
    ...(delta.total_tokens === null
      ? []
      : [`${format.signed(delta.total_tokens, format.count)} tokens`]),
    ...(delta.cost === null ? [] : [format.signed(delta.cost, format.cost)]),
  ];
  return (
    <aside class="changes" aria-label="Changes">
      <header>
        <h2>{seenLine((pair.b ?? pair.a)?.name ?? "")}</h2>
        <p class="muted">
          {SIGNS[pair.state].word}
          {facts.length > 0 && ` · ${facts.join(" · ")}`}
          {pair.source === "changed" && " · source changed"}
        </p>
        <p>
          {pair.a !== null && (
            <a href={pathOf(tracePath(a.trace_id), { span: pair.a.span_id })}>Source in A</a>
          )}{" "}
          {pair.b !== null && (
            <a href={pathOf(tracePath(b.trace_id), { span: pair.b.span_id })}>Source in B</a>
          )}
        </p>
      </header>
      {pair.changes.map((change) => (
        <ChangeOf key={change.path} change={change} />
      ))}
    </aside>
  );
}

function ChangeOf({ change }: { readonly change: Change }): JSX.Element {
  const a = textOf(change.a);
  const b = textOf(change.b);
  const both = change.kind === "changed";
  return (
    <section class="change" data-testid="compare-change" data-path={change.path}>
      <h3>
        <code>{seenLine(change.path)}</code>
      </h3>
      <div class="change-sides">
        <div class="side" data-testid="change-a">
          <span class="muted">A </span>
          {change.kind === "added" ? (
            <i class="muted">not there</i>
          ) : (
            <Words of={a} beside={both ? b : a} />
          )}
        </div>
        <div class="side" data-testid="change-b">
          <span class="muted">B </span>
          {change.kind === "removed" ? (
            <i class="muted">not there</i>
          ) : (
            <Words of={b} beside={both ? a : b} />
          )}
        </div>
      </div>
    </section>
  );
}

function Words({ of, beside }: { readonly of: string; readonly beside: string }): JSX.Element {
  return (
    <span class="words">
      {ownPieces(beside, of).map(({ text, own }, index) =>
        own ? <mark key={index}>{seen(text)}</mark> : <span key={index}>{seen(text)}</span>,
      )}
    </span>
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 1) ?? "");
}
