// Manifests and the calls in the store → which tracked functions ran, and which never did.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { TracePage, SpanPage } from "../../src/model.ts";
import type { Coverage as Answer, CoveredFunction } from "../../src/views.ts";
import { pathOf, read, traceApi, write } from "../api.ts";
import * as format from "../parts/format.ts";
import { Copyable } from "../parts/copyable.tsx";
import { useKeys } from "../parts/keys.ts";
import { Failure, Said, Skeleton } from "../parts/states.tsx";
import { seenLine } from "../parts/text.ts";
import { toast } from "../shell/toast.tsx";
import { back, go, parameters, setParameters, tracePath } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { onEvent, turn } from "../state/live.ts";
import { Table } from "./table.tsx";

const FILTERS = ["all", "never", "hit", "skipped"] as const;

/** In ms: how often new traces make it count anew. */
const PAUSE = 2000;

export function Coverage(): JSX.Element {
  const count = useSignal(0);
  useEffect(() => {
    let timer: number | undefined;
    const end = onEvent("trace", () => {
      timer ??= window.setTimeout(() => {
        timer = undefined;
        count.value += 1;
      }, PAUSE);
    });
    return () => {
      window.clearTimeout(timer);
      end();
    };
  }, []);
  const answer = useAnswer<Answer>(`/api/coverage?at=${turn.value}.${count.value}`, true);
  useKeys({ Escape: back });
  const coverage = answer.value;
  return (
    <div class="screen coverage" data-testid="coverage-view">
      <h1 class="unseen">Coverage</h1>
      {coverage === undefined && answer.failure !== undefined && (
        <Failure failure={answer.failure} again={answer.again} />
      )}
      {coverage === undefined && answer.failure === undefined && <Skeleton rows={12} />}
      {coverage !== undefined &&
        (coverage.functions.length === 0 ? <NoManifest /> : <Shown coverage={coverage} />)}
    </div>
  );
}

function NoManifest(): JSX.Element {
  return (
    <Said title="No manifest: compile once with llmops-transformer.">
      <p>
        It lists the functions that are tracked, and lies in .llmops/manifest.json.{" "}
        <Copyable text="npx llmops build" what="the command" />
      </p>
    </Said>
  );
}

function Shown({ coverage }: { readonly coverage: Answer }): JSX.Element {
  const { totals } = coverage;
  const asked = parameters.value.get("state");
  const filter = FILTERS.find((name) => name === asked) ?? "all";
  const functions = useMemo(
    () =>
      coverage.functions
        .filter(({ state }) => filter === "all" || state === filter)
        .toSorted((a, b) => ORDER[a.state] - ORDER[b.state] || a.file.localeCompare(b.file)),
    [coverage, filter],
  );
  const tracked = totals.hit + totals.never;
  return (
    <>
      <header class="coverage-head">
        <p
          class="coverage-total"
          data-testid="coverage-total"
          data-hit={totals.hit}
          data-functions={totals.functions}
        >
          <b>{format.count(totals.hit)}</b> of <b>{format.count(tracked)}</b> functions hit{" "}
          <span class="muted">{format.percent(totals.percent)}</span>
        </p>
        <div class="meter" aria-hidden="true">
          <div style={{ width: `${totals.percent ?? 0}%` }} />
        </div>
        <p class="muted">
          {format.count(totals.never)} never hit · {format.count(totals.skipped)} left untouched ·{" "}
          {format.count(totals.truncated)} with cut values · {format.count(totals.redacted)} with
          masked ones. Counted over the traces in the store.
        </p>
        <fieldset class="choice" data-testid="coverage-filter">
          <legend class="unseen">Which functions</legend>
          {FILTERS.map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="coverage"
                checked={filter === name}
                onChange={() => setParameters({ state: name === "all" ? null : name })}
              />
              <span>{name}</span>
            </label>
          ))}
        </fieldset>
      </header>
      <Table functions={functions} open={(found) => void openSource(found)} />
      {coverage.unknown.length > 0 && filter === "all" && (
        <p class="quiet muted">
          In no manifest:{" "}
          {coverage.unknown
            .slice(0, 20)
            .map(({ function: name, hits }) => `${seenLine(name)} (${format.count(hits)})`)
            .join(", ")}
        </p>
      )}
    </>
  );
}

/** Never-hit first. */
const ORDER = { never: 0, skipped: 1, hit: 2 } as const;

/** In its last span, where it has one; else in the editor. */
async function openSource(found: CoveredFunction): Promise<void> {
  try {
    if (found.state === "hit") {
      const q = `fn:"${found.function}"`;
      const { traces } = await read<TracePage>(pathOf("/api/traces", { q, limit: 1 }));
      const id = traces[0]?.trace_id;
      if (id !== undefined) {
        const { spans } = await read<SpanPage>(`${traceApi(id)}/spans?limit=5000`);
        const span = spans.find(({ fn, file }) => fn === found.function && file === found.file);
        go(pathOf(tracePath(id), { span: span?.span_id, tab: "source" }));
        return;
      }
    }
    await write("POST", "/api/open", { file: found.file, line: found.line });
    toast("Opened in the editor.");
  } catch (failure) {
    toast(failure instanceof Error ? failure.message : String(failure));
  }
}
