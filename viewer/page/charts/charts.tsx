// The server's statistics → tokens, cost and latency over one time axis, and the same as tables.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Stats, StatsBy } from "../../src/model.ts";
import { pathOf } from "../api.ts";
import * as format from "../parts/format.ts";
import { useKeys } from "../parts/keys.ts";
import { Failure, Said, Skeleton } from "../parts/states.tsx";
import { seenLine } from "../parts/text.ts";
import { back, parameters, setParameters } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { turn } from "../state/live.ts";
import { Plot } from "./plot.tsx";
import { chartsOf, LINES, type ChartData } from "./series.ts";

const KEYS: readonly StatsBy[] = ["model", "project", "env", "name", "fn"];
/** In seconds; 0: all there is. */
const RANGES: readonly (readonly [string, number])[] = [
  ["15 minutes", 900],
  ["1 hour", 3600],
  ["24 hours", 86_400],
  ["7 days", 604_800],
  ["all", 0],
];
const WHOLE = "all";

export function Charts(): JSX.Element {
  const by = KEYS.find((key) => key === parameters.value.get("by")) ?? "model";
  const range = parameters.value.get("range") ?? WHOLE;
  const seconds = RANGES.find(([name]) => name === range)?.[1] ?? 0;
  const from = useMemo(
    () => (seconds === 0 ? undefined : Math.floor(Date.now() / 1000) - seconds),
    [seconds, turn.value],
  );
  const answer = useAnswer<Stats>(pathOf("/api/stats", { by, from, at: turn.value }), true);
  useKeys({ Escape: back });
  const stats = answer.value;
  return (
    <div class="screen charts" data-testid="charts-view">
      <h1 class="unseen">Charts</h1>
      <header class="charts-head">
        <Choice
          label="By"
          testid="charts-by"
          values={KEYS}
          chosen={by}
          choose={(value) => setParameters({ by: value })}
        />
        <Choice
          label="Last"
          testid="charts-range"
          values={RANGES.map(([name]) => name)}
          chosen={range}
          choose={(value) => setParameters({ range: value === WHOLE ? null : value })}
        />
        {stats !== undefined && (
          <span class="muted num">
            {format.count(stats.totals.count)} calls · {format.count(stats.totals.errors)} failed ·{" "}
            {format.count(stats.totals.input_tokens + stats.totals.output_tokens)} tokens ·{" "}
            {format.cost(stats.totals.cost)}
          </span>
        )}
      </header>
      {answer.failure !== undefined && <Failure failure={answer.failure} again={answer.again} />}
      {stats === undefined && answer.failure === undefined && <Skeleton rows={12} />}
      {stats !== undefined &&
        (stats.series.length === 0 ? (
          <Said title="Nothing in this time." />
        ) : (
          <Shown key={by} stats={stats} by={by} />
        ))}
    </div>
  );
}

function Choice(props: {
  readonly label: string;
  readonly testid: string;
  readonly values: readonly string[];
  readonly chosen: string;
  readonly choose: (value: string) => void;
}): JSX.Element {
  return (
    <label class="select">
      <span class="muted">{props.label}</span>
      <select
        data-testid={props.testid}
        value={props.chosen}
        onChange={(event) => props.choose(event.currentTarget.value)}
      >
        {props.values.map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    </label>
  );
}

function Shown({ stats, by }: { readonly stats: Stats; readonly by: StatsBy }): JSX.Element {
  const hidden = useSignal<ReadonlySet<string>>(
    new Set(stats.series.slice(LINES).map(({ key }) => key)),
  );
  const charts = useMemo(
    () =>
      chartsOf(
        stats,
        new Set(stats.series.map(({ key }) => key).filter((key) => !hidden.value.has(key))),
      ),
    [stats, hidden.value],
  );
  const toggle = (key: string): void => {
    const next = new Set(hidden.value);
    if (!next.delete(key)) next.add(key);
    hidden.value = next;
  };
  return (
    <div class="charts-body">
      <div class="table-frame keys">
        <table>
          <thead>
            <tr>
              <th scope="col">{by}</th>
              {["calls", "failed", "tokens in", "out", "cost", "p50", "p95"].map((name) => (
                <th scope="col" class="num" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {stats.series.map(({ key, totals }) => (
              <tr key={key}>
                <th scope="row">
                  <label>
                    <input
                      type="checkbox"
                      checked={!hidden.value.has(key)}
                      onChange={() => toggle(key)}
                    />{" "}
                    {seenLine(key)}
                  </label>
                </th>
                <td class="num">{format.count(totals.count)}</td>
                <td class="num">{format.count(totals.errors)}</td>
                <td class="num">{format.count(totals.input_tokens)}</td>
                <td class="num">{format.count(totals.output_tokens)}</td>
                <td class="num">{format.cost(totals.cost)}</td>
                <td class="num">{format.duration(totals.p50_ms)}</td>
                <td class="num">{format.duration(totals.p95_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {charts.map((chart) => (
        <section class="chart" key={chart.id}>
          <h2>{chart.title}</h2>
          <p class="legend" aria-hidden="true">
            {chart.columns.map(({ label, colour, dashed }) => (
              <span key={label}>
                <span class={`swatch is-${colour}`} data-dashed={dashed} /> {seenLine(label)}
              </span>
            ))}
          </p>
          <Plot chart={chart} />
        </section>
      ))}
      <div class="twins">
        {charts.map((chart) => (
          <Table chart={chart} key={chart.id} />
        ))}
      </div>
    </div>
  );
}

function Table({ chart }: { readonly chart: ChartData }): JSX.Element {
  const { columns } = chart;
  const rows = chart.times
    .map((time, at) => ({ time, points: columns.map(({ points }) => points[at] ?? null) }))
    .filter(({ points }) => points.some((point) => point !== null && point !== 0));
  return (
    <div
      class="table-frame twin"
      tabIndex={0}
      role="region"
      aria-label={`${chart.title} as a table`}
    >
      <table data-testid="chart-table" data-chart={chart.id}>
        <caption>{chart.title}</caption>
        <thead>
          <tr>
            <th scope="col">time</th>
            {columns.map(({ label }) => (
              <th scope="col" class="num" key={label}>
                {seenLine(label)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, points }) => (
            <tr key={time}>
              <th scope="row" class="time">
                {format.time(time)}
              </th>
              {points.map((point, index) => (
                <td class="num" key={columns[index]?.label}>
                  {point === null ? "–" : chart.format(point)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
