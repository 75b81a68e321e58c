// The server's points by key → columns over one time axis, as charts and tables have them.
// Invariant: chart and table show the same numbers.
import type { Stats } from "../../src/model.ts";
import * as format from "../parts/format.ts";

type Colour = "span" | "llm" | "value" | "ok" | "accent";

interface Column {
  readonly label: string;
  /** Colours alone tell nothing apart: dashes do as well. */
  readonly colour: Colour;
  readonly dashed: boolean;
  readonly points: readonly (number | null)[];
}

export interface ChartData {
  readonly id: "tokens" | "cost" | "latency";
  readonly title: string;
  readonly times: readonly number[];
  readonly columns: readonly Column[];
  readonly bars: boolean;
  readonly format: (value: number) => string;
}

/** So many keys have a line; the table of keys has all. */
export const LINES = 5;
const COLOURS: readonly Colour[] = ["span", "llm", "value", "ok", "accent"];

type Point = Stats["series"][number]["points"][number];

export function chartsOf(stats: Stats, shown: ReadonlySet<string>): readonly ChartData[] {
  const series = stats.series.filter(({ key }) => shown.has(key));
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ t }) => t)))].toSorted(
    (a, b) => a - b,
  );
  const byKey = series.map(({ key, points }) => ({
    key,
    at: new Map(points.map((point) => [point.t, point])),
    colour: COLOURS[stats.series.findIndex((each) => each.key === key) % LINES] ?? "span",
  }));
  const sum = (of: (point: Point) => number): readonly number[] =>
    times.map((time) =>
      byKey.reduce((all, { at }) => {
        const point = at.get(time);
        return point === undefined ? all : all + of(point);
      }, 0),
    );
  const each = (of: (point: Point) => number | null, name: string, dashed: boolean): Column[] =>
    byKey.map(({ key, at, colour }) => ({
      label: name === "" ? key : `${key} ${name}`,
      colour,
      dashed,
      points: times.map((time) => {
        const point = at.get(time);
        return point === undefined ? null : of(point);
      }),
    }));
  const column = (label: string, colour: Colour, points: readonly number[]): Column => ({
    label,
    colour,
    dashed: false,
    points,
  });
  return [
    {
      id: "tokens",
      title: "Tokens",
      times,
      bars: true,
      columns: [
        column(
          "in",
          "span",
          sum(({ input_tokens }) => input_tokens),
        ),
        column(
          "out",
          "llm",
          sum(({ output_tokens }) => output_tokens),
        ),
      ],
      format: format.count,
    },
    {
      id: "cost",
      title: "Cost",
      times,
      bars: false,
      columns: each(({ cost }) => cost, "", false),
      format: format.cost,
    },
    {
      id: "latency",
      title: "Latency",
      times,
      bars: false,
      columns: [
        ...each(({ p50_ms }) => p50_ms, "p50", true),
        ...each(({ p95_ms }) => p95_ms, "p95", false),
      ],
      format: format.duration,
    },
  ];
}

/** What the chart shows, in a sentence. */
export function sentenceOf(chart: ChartData): string {
  if (chart.times.length === 0) return `${chart.title}: nothing in this time.`;
  const from = format.time(chart.times[0] ?? 0);
  const to = format.time(chart.times.at(-1) ?? 0);
  const parts = chart.columns.map(({ label, points }) => {
    const there = points.filter((point) => point !== null);
    if (there.length === 0) return `${label} none`;
    const most = Math.max(...there);
    if (chart.id === "latency") return `${label} up to ${chart.format(most)}`;
    const all = there.reduce((sum, point) => sum + point, 0);
    return `${label} ${chart.format(all)} in all, at most ${chart.format(most)} at once`;
  });
  return `${chart.title} from ${from} to ${to}: ${parts.join("; ")}.`;
}
