// A trace's id → its head, the waterfall on the left, the selected span on the right.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { TraceDetail } from "../../src/model.ts";
import { traceApi } from "../api.ts";
import * as format from "../parts/format.ts";
import { Glyph } from "../parts/glyph.tsx";
import { Icon } from "../parts/icon.tsx";
import { useKeys } from "../parts/keys.ts";
import { Failure, Said, Skeleton } from "../parts/states.tsx";
import { seenLine } from "../parts/text.ts";
import { copyAsMarkdown } from "../shell/markdown.ts";
import { back, parameters, setParameters } from "../state/address.ts";
import { useTrace } from "../state/trace.ts";
import { Detail } from "./detail.tsx";
import { firstOfInterest } from "./tree.ts";
import { Waterfall } from "./waterfall.tsx";

/** The waterfall's share, in percent. */
const share = signal(55);
const moveBorder = (by: number): void => {
  share.value = Math.min(80, Math.max(20, share.value + by));
};

export function Trace({ id }: { readonly id: string }): JSX.Element {
  const { detail, spans, total, failure, again } = useTrace(id);
  const named = parameters.value.get("span") ?? undefined;
  const covered = named !== undefined && parameters.value.get("view") !== "waterfall";
  const selected = named ?? firstOfInterest(spans)?.span_id;
  const frame = useRef<HTMLDivElement>(null);
  useKeys({
    y: () => void copyAsMarkdown(id),
    Escape: () => {
      if (covered && matchMedia("(max-width: 999px)").matches) setParameters({ view: "waterfall" });
      else back();
    },
    "[": () => moveBorder(-5),
    "]": () => moveBorder(5),
  });
  if (failure?.status === 404)
    return (
      <Said title="There is no such trace." testid="trace-missing" alone>
        <p>It was deleted, or had to make room for newer ones.</p>
        <p>
          <a href="/">To the traces</a>
        </p>
      </Said>
    );
  if (detail === undefined)
    return failure === undefined ? (
      <Skeleton rows={14} />
    ) : (
      <Failure failure={failure} again={again} />
    );
  const span = spans.find(({ span_id }) => span_id === selected);
  return (
    <div class="screen trace">
      <Head trace={detail} />
      <div
        class="trace-body"
        ref={frame}
        data-covered={covered}
        style={{ "--share": `${share.value}%` }}
      >
        <Waterfall
          id={id}
          spans={spans}
          total={total}
          duration={detail.duration_ms}
          selected={selected}
          select={(next) => setParameters({ span: next })}
          open={() =>
            setParameters({ span: parameters.value.get("span") ?? selected ?? null, view: null })
          }
        />
        <Border frame={() => frame.current?.getBoundingClientRect()} />
        {span === undefined ? (
          <aside class="detail" data-testid="span-detail" aria-label="Span">
            <Said title={spans.length === 0 ? "No spans yet." : "There is no such span here."} />
          </aside>
        ) : (
          <Detail trace={detail} row={span} />
        )}
      </div>
    </div>
  );
}

function Head({ trace }: { readonly trace: TraceDetail }): JSX.Element {
  const facts = [
    format.duration(trace.duration_ms),
    `${format.count(trace.spans)} ${trace.spans === 1 ? "span" : "spans"}`,
    ...(trace.total_tokens > 0 ? [`${format.count(trace.total_tokens)} tokens`] : []),
    ...(trace.cost === null ? [] : [format.cost(trace.cost)]),
    format.time(trace.started),
    ...(trace.parts.of > trace.parts.have
      ? [`${trace.parts.have} of ${trace.parts.of} parts`]
      : []),
    ...(trace.truncated ? ["values dropped: larger than the store"] : []),
  ];
  return (
    <header class="trace-head">
      <button type="button" class="plain back" aria-label="Back" onClick={back}>
        ‹
      </button>
      <Glyph of={trace.status} />
      <h1 data-testid="trace-title">{seenLine(trace.name)}</h1>
      {trace.error !== null && (
        <span class="is-error trace-error">
          {seenLine(`${trace.error.type}: ${trace.error.message}`)}
        </span>
      )}
      <span class="num trace-summary" data-testid="trace-summary">
        {facts.join(" · ")}
      </span>
      <span class="trace-tools">
        <button type="button" onClick={() => void copyAsMarkdown(trace.trace_id)}>
          <Icon name="copy" /> Copy
        </button>
        <a
          class="button"
          download={`${trace.trace_id}.ndjson`}
          href={`${traceApi(trace.trace_id)}/export?format=llmops`}
        >
          <Icon name="export" /> Export
        </a>
      </span>
    </header>
  );
}

function Border({ frame }: { readonly frame: () => DOMRect | undefined }): JSX.Element {
  return (
    <div
      class="border"
      role="separator"
      aria-orientation="vertical"
      aria-label="Border between spans and detail"
      aria-valuenow={Math.round(share.value)}
      aria-valuemin={20}
      aria-valuemax={80}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") moveBorder(-5);
        else if (event.key === "ArrowRight") moveBorder(5);
        else return;
        event.preventDefault();
      }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        const box = frame();
        if (box === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
        share.value = Math.min(80, Math.max(20, ((event.clientX - box.left) / box.width) * 100));
      }}
    />
  );
}
