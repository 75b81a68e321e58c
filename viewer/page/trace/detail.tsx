// A span → its tabs: source, input, output, chat, raw, info.
import type { JSX } from "preact";
import type { SpanRow, TraceDetail } from "../../src/model.ts";
import type { StoredSpan } from "../../src/store.ts";
import { spanApi } from "../api.ts";
import { Chat } from "../chat/chat.tsx";
import { Boundary } from "../parts/boundary.tsx";
import { Glyph } from "../parts/glyph.tsx";
import { Icon } from "../parts/icon.tsx";
import { JsonTree } from "../parts/json-tree.tsx";
import { useKeys } from "../parts/keys.ts";
import { Failure, Skeleton } from "../parts/states.tsx";
import { Tabs, type Tab } from "../parts/tabs.tsx";
import { seen, seenLine } from "../parts/text.ts";
import { copy } from "../shell/toast.tsx";
import { Source } from "../source/source.tsx";
import { parameters, setParameters } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { Info } from "./info.tsx";

const TABS: readonly Tab[] = [
  { id: "source", title: "Source" },
  { id: "input", title: "Input" },
  { id: "output", title: "Output" },
  { id: "chat", title: "Chat" },
  { id: "raw", title: "Raw" },
  { id: "info", title: "Info" },
];

export function Detail({
  trace,
  row,
}: {
  readonly trace: TraceDetail;
  readonly row: SpanRow;
}): JSX.Element {
  const tabs = TABS.filter(({ id }) => id !== "chat" || row.kind === "generation");
  const asked = parameters.value.get("tab");
  const chosen = tabs.find(({ id }) => id === asked)?.id ?? "source";
  const choose = (tab: string): void => setParameters({ tab });
  useKeys(
    Object.fromEntries(
      TABS.map(({ id }, index) => [
        String(index + 1),
        () => {
          if (tabs.some((tab) => tab.id === id)) choose(id);
        },
      ]),
    ),
  );
  const api = spanApi(trace.trace_id, row.span_id);
  const needsSpan = chosen !== "source" && chosen !== "chat";
  // With the state in it: a span that goes on is asked for anew.
  const version = `${trace.updated}`;
  const answer = useAnswer<{ span: StoredSpan }>(needsSpan ? `${api}?at=${version}` : undefined);
  const span = answer.value?.span;
  return (
    <aside class="detail" data-testid="span-detail" aria-label={`Span ${seenLine(row.name)}`}>
      <header class="detail-head">
        <Glyph of={row.status === "error" ? "error" : row.kind} />
        <h2>{seenLine(row.name)}</h2>
        <button
          type="button"
          class="plain narrow-only"
          onClick={() => setParameters({ view: "waterfall" })}
        >
          ‹ Spans
        </button>
      </header>
      <Tabs label="Views of the span" tabs={tabs} chosen={chosen} choose={choose}>
        <Boundary key={`${api} ${chosen}`}>
          {chosen === "source" && <Source api={api} trace={trace} row={row} />}
          {chosen === "chat" && <Chat api={api} version={version} />}
          {needsSpan && answer.failure !== undefined && (
            <Failure failure={answer.failure} again={answer.again} />
          )}
          {needsSpan && answer.loading && span === undefined && <Skeleton rows={8} />}
          {span !== undefined && chosen === "input" && <Input span={span} />}
          {span !== undefined && chosen === "output" && <Output span={span} />}
          {span !== undefined && chosen === "raw" && <Raw span={span} />}
          {span !== undefined && chosen === "info" && <Info trace={trace} row={row} span={span} />}
        </Boundary>
      </Tabs>
    </aside>
  );
}

const SECTIONS: Readonly<Record<string, string>> = {
  args: "Arguments by place",
  kwargs: "Arguments",
  locals: "Locals",
  self: "This",
};

function Input({ span }: { readonly span: StoredSpan }): JSX.Element {
  const sections = Object.entries(span.input_data ?? {}).filter(([, value]) => !isEmpty(value));
  const prompt = span.prompt;
  if (sections.length === 0 && prompt === null)
    return <p class="muted quiet">Neither arguments nor locals of it were recorded.</p>;
  return (
    <>
      {sections.map(([name, value]) => (
        <Section key={name} title={SECTIONS[name] ?? name} value={value} />
      ))}
      {typeof prompt === "string" && <Section title="Prompt" value={prompt} />}
    </>
  );
}

function Output({ span }: { readonly span: StoredSpan }): JSX.Element {
  const error = span.error;
  const output: unknown = span.output_data;
  const value =
    typeof output === "object" && output !== null && "output" in output ? output.output : output;
  return (
    <>
      {error !== null && (
        <section class="section">
          <h3 class="is-error">
            <span aria-hidden="true">✗ </span>
            {seenLine(error.type ?? "Error")}
          </h3>
          <p class="is-error message">{seen(error.message ?? "")}</p>
          {typeof error.stack === "string" && (
            <pre class="stack" tabIndex={0}>
              {seen(error.stack)}
            </pre>
          )}
        </section>
      )}
      {(error === null || !isEmpty(value)) && <Section title="Result" value={value ?? null} />}
      {typeof span.response === "string" && <Section title="Response" value={span.response} />}
    </>
  );
}

function Raw({ span }: { readonly span: StoredSpan }): JSX.Element {
  return (
    <>
      <div class="panel-tools">
        <button
          type="button"
          onClick={() => void copy(JSON.stringify(span, null, 2), "the span as JSON")}
        >
          <Icon name="copy" /> Copy JSON
        </button>
      </div>
      <JsonTree value={span} label="The span as it was sent" />
    </>
  );
}

function Section({
  title,
  value,
}: {
  readonly title: string;
  readonly value: unknown;
}): JSX.Element {
  return (
    <section class="section">
      <h3>{title}</h3>
      <JsonTree value={value} label={title} />
    </section>
  );
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
