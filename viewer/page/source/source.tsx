// A span → its function's source, with what was recorded on the lines that assigned it.
// Invariant: a value stands inside the element of its line.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { SpanRow, TraceDetail } from "../../src/model.ts";
import type { SourceView } from "../../src/views.ts";
import { write } from "../api.ts";
import { Copyable } from "../parts/copyable.tsx";
import { Icon } from "../parts/icon.tsx";
import { Failure, Said, Skeleton } from "../parts/states.tsx";
import { seenLine } from "../parts/text.ts";
import { toast } from "../shell/toast.tsx";
import { useAnswer } from "../state/answer.ts";
import { Code, VIEWS, type CodeView } from "./code.tsx";

export function Source({
  api,
  trace,
  row,
}: {
  readonly api: string;
  readonly trace: TraceDetail;
  readonly row: SpanRow;
}): JSX.Element {
  const answer = useAnswer<SourceView>(`${api}/source?at=${trace.updated}`);
  const source = answer.value;
  if (answer.failure !== undefined)
    return <Failure failure={answer.failure} again={answer.again} />;
  if (source === undefined) return <Skeleton rows={14} />;
  return <Shown source={source} trace={trace} row={row} />;
}

function Shown({
  source,
  trace,
  row,
}: {
  readonly source: SourceView;
  readonly trace: TraceDetail;
  readonly row: SpanRow;
}): JSX.Element {
  const chosen = useSignal<CodeView>("original");
  const view = source.instrumented === null ? "original" : chosen.value;
  const warnings = useMemo(
    () => source.warnings.filter(({ message }) => message !== source.message),
    [source],
  );
  return (
    <div class="source" data-testid="source-view" data-state={source.state}>
      <header class="source-head">
        <span class="source-path">
          <span class="muted">{seenLine(source.file ?? row.file ?? "no file")}</span>
          {row.fn !== null && row.fn !== row.name && <> · {seenLine(row.fn)}</>}
        </span>
        {source.instrumented !== null && (
          <fieldset class="choice">
            <legend class="unseen">Source</legend>
            {VIEWS.map((name) => (
              <label key={name}>
                <input
                  type="radio"
                  name="source-view"
                  data-testid={`source-${name}`}
                  checked={view === name}
                  onChange={() => (chosen.value = name)}
                />
                <span>{name}</span>
              </label>
            ))}
          </fieldset>
        )}
        {source.file !== null && source.state !== "outside" && (
          <button
            type="button"
            data-testid="open-in-editor"
            onClick={() =>
              void open(trace.trace_id, row.span_id, source.failing?.line ?? source.start_line)
            }
          >
            <Icon name="open" /> Open
          </button>
        )}
      </header>
      {source.state !== "same" && (
        <p class="source-warning" data-testid="source-warning" data-state={source.state}>
          <span aria-hidden="true">⚠ </span>
          {seenLine(source.message)}
        </p>
      )}
      {warnings.map(({ code, message }) => (
        <p class="source-note muted" key={code}>
          {seenLine(message)}
        </p>
      ))}
      {source.lines.length === 0 ? (
        <Nothing source={source} />
      ) : (
        <Code key={`${row.span_id} ${view}`} source={source} view={view} />
      )}
    </div>
  );
}

function Nothing({ source }: { readonly source: SourceView }): JSX.Element {
  return (
    <Said title="No source to show.">
      {source.state === "unknown" && (
        <p>
          Compile the program with llmops-transformer: it writes .llmops/manifest.json. How:{" "}
          <Copyable text="npx llmops init" what="the command" />
        </p>
      )}
      {source.state === "missing" && <p>The file is gone, or lies on another machine.</p>}
      {source.values.length > 0 && (
        <>
          <p>What was recorded:</p>
          <ul class="values-alone">
            {source.values.map((value) => (
              <li key={`${value.phase} ${value.name}`}>
                <span class="muted">{seenLine(value.name)}</span> {seenLine(value.preview)}
              </li>
            ))}
          </ul>
        </>
      )}
    </Said>
  );
}

async function open(traceId: string, spanId: string, line: number | null): Promise<void> {
  try {
    await write("POST", "/api/open", {
      trace_id: traceId,
      span_id: spanId,
      ...(line === null ? {} : { line }),
    });
    toast("Opened in the editor.");
  } catch (failure) {
    toast(failure instanceof Error ? failure.message : String(failure));
  }
}
