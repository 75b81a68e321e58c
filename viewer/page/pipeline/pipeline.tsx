// What the server says of its parts → five boxes in a row; one that fails says what to do.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Pipeline as State } from "../../src/views.ts";
import * as format from "../parts/format.ts";
import { useKeys } from "../parts/keys.ts";
import { Failure, Skeleton } from "../parts/states.tsx";
import { seenLine } from "../parts/text.ts";
import { back } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { onEvent, reach, turn } from "../state/live.ts";
import { Box, type Condition } from "./box.tsx";
import { Dead } from "./dead.tsx";

export function Pipeline(): JSX.Element {
  const answer = useAnswer<State>(`/api/pipeline?at=${turn.value}`, true);
  const since = useSignal<State | undefined>(undefined);
  useEffect(() => onEvent("pipeline", (state) => void (since.value = state)), []);
  useEffect(() => void (since.value = undefined), [answer.value]);
  useKeys({ Escape: back });
  const state = since.value ?? answer.value;
  return (
    <div class="screen pipeline" data-testid="pipeline-view">
      <h1 class="unseen">Pipeline</h1>
      {state === undefined && answer.failure !== undefined && (
        <Failure failure={answer.failure} again={answer.again} />
      )}
      {state === undefined && answer.failure === undefined && <Skeleton rows={6} />}
      {state !== undefined && <Shown state={state} />}
    </div>
  );
}

function Shown({ state }: { readonly state: State }): JSX.Element {
  const { queue, child, store, sinks, ingest } = state;
  const { sqs, spool, otlp } = ingest;
  const errors = errorsOf(state);
  return (
    <>
      <ol class="boxes" aria-label="From the app to this page">
        <App child={child} />
        <Queue queue={queue} />
        <Box
          title="Processor"
          state={sqs.failed === 0 ? { word: "ok", ok: true } : { word: "some failed", ok: false }}
          number={format.count(sqs.received)}
          unit="received"
        >
          <p class="muted">
            {format.count(sqs.stored)} stored · {format.count(sqs.failed)} failed
          </p>
          <p class="muted" data-testid="pipeline-spool">
            spool {format.count(spool.received)} · OTLP {format.count(otlp.received)} · import{" "}
            {format.count(ingest.import.received)}
          </p>
        </Box>
        <Box
          title="Store"
          state={store.state === "ok" ? { word: "ok", ok: true } : { word: "failing", ok: false }}
          testid="pipeline-store"
          attributes={{ "data-state": store.state }}
          number={format.bytes(store.bytes)}
          unit={`of ${format.bytes(store.max_bytes)}`}
        >
          <div class="meter" aria-hidden="true">
            <div style={{ width: `${Math.min(100, (store.bytes / store.max_bytes) * 100)}%` }} />
          </div>
          <p class="muted">{format.count(store.evicted)} traces made room</p>
        </Box>
        <Box
          title="Page"
          state={
            reach.value === "offline" ? { word: "offline", ok: false } : { word: "live", ok: true }
          }
        >
          <p class="muted">{location.host}</p>
        </Box>
      </ol>
      <Sinks sinks={sinks} />
      {errors.map(({ from, text, at }) => (
        <p class="pipeline-error" role="alert" data-testid="pipeline-error" key={from}>
          <span class="is-error">✗ {from}: </span>
          {seenLine(text)}
          {at !== null && <span class="muted"> since {format.time(at)}</span>}
        </p>
      ))}
      <Dead count={queue.dead} />
    </>
  );
}

function App({ child }: { readonly child: State["child"] }): JSX.Element {
  return (
    <Box title="App" state={childState(child)}>
      {child === null ? (
        <p class="muted">Not started from here.</p>
      ) : (
        <>
          <code>{seenLine(child.command)}</code>
          <p class="muted">
            {child.state === "running"
              ? `pid ${child.pid ?? "?"}`
              : `ended with ${child.exit_code ?? "a signal"}`}
          </p>
        </>
      )}
    </Box>
  );
}

function Queue({ queue }: { readonly queue: State["queue"] }): JSX.Element {
  return (
    <Box
      title="Queue"
      state={queue.state === "up" ? { word: "up", ok: true } : { word: "down", ok: false }}
      testid="pipeline-queue"
      attributes={{
        "data-state": queue.state,
        "data-visible": queue.visible,
        "data-dead": queue.dead,
      }}
      number={format.count(queue.visible)}
      unit="waiting"
    >
      <p class="muted">
        {format.count(queue.in_flight)} in flight · {format.count(queue.delayed)} delayed ·{" "}
        {format.count(queue.dead)} dead
      </p>
      {queue.state === "down" && (
        <p>The app keeps traces on disk until it is up again. Start llmops dev anew.</p>
      )}
    </Box>
  );
}

function Sinks({ sinks }: { readonly sinks: State["sinks"] }): JSX.Element | null {
  if (sinks.length === 0) return null;
  return (
    <ul class="sinks" aria-label="Sinks of the processor">
      {sinks.map(({ name, state, delivered, failed, last_error, last_at }) => (
        <li key={name} data-testid="pipeline-sink" data-name={name} data-state={state}>
          <span class={state === "ok" ? "is-ok" : state === "failing" ? "is-error" : "muted"}>
            <span aria-hidden="true">
              {state === "ok" ? "✓" : state === "failing" ? "✗" : "–"}{" "}
            </span>
            {seenLine(name)} {state}
          </span>{" "}
          <span class="muted">
            {format.count(delivered)} delivered · {format.count(failed)} failed
            {last_at !== null && ` · ${format.time(last_at)}`}
          </span>
          {last_error !== null && <p class="is-error">{seenLine(last_error)}</p>}
        </li>
      ))}
    </ul>
  );
}

function childState(child: State["child"]): Condition | undefined {
  if (child === null) return undefined;
  if (child.state === "running") return { word: "running", ok: true };
  return { word: "ended", ok: child.exit_code === 0 };
}

function errorsOf(
  state: State,
): readonly { readonly from: string; readonly text: string; readonly at: number | null }[] {
  return Object.entries(state.ingest).flatMap(([from, { last_error: text, last_at: at }]) =>
    text === null ? [] : [{ from, text, at }],
  );
}
