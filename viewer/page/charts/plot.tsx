// Columns over time → a drawing of them; the cursor is that of all charts.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import * as format from "../parts/format.ts";
import { colour, painted } from "../state/theme.ts";
import { sentenceOf, type ChartData } from "./series.ts";

const HEIGHT = 160;
/** In px, of the numbers on the left: as wide in each chart, so that the times are above each other. */
const AXIS = 72;

export function Plot({ chart }: { readonly chart: ChartData }): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const drawn = new uPlot(optionsOf(chart, element.clientWidth), dataOf(chart), element);
    const observer = new ResizeObserver(() =>
      drawn.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }, [chart, painted.value]);
  return (
    <div
      ref={frame}
      class="plot"
      role="img"
      aria-label={sentenceOf(chart)}
      data-testid={`chart-${chart.id}`}
    />
  );
}

/** Bars stand on each other: the first is drawn over the sum. */
function dataOf(chart: ChartData): uPlot.AlignedData {
  const columns = chart.columns.map(({ points }) => [...points]);
  if (!chart.bars) return [[...chart.times], ...columns];
  const sums = chart.times.map((_, at) =>
    columns.reduce((sum, points) => sum + (points[at] ?? 0), 0),
  );
  return [[...chart.times], sums, columns[0] ?? []];
}

function optionsOf(chart: ChartData, width: number): uPlot.Options {
  const bars = chart.bars ? uPlot.paths.bars?.({ size: [0.7, 32] }) : undefined;
  const columns = chart.bars ? chart.columns.toReversed() : chart.columns;
  const axis: uPlot.Axis = {
    stroke: colour("muted"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1 },
    font: "12px ui-monospace, monospace",
  };
  const span = (chart.times.at(-1) ?? 0) - (chart.times[0] ?? 0);
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 36, 0, 0],
    cursor: { sync: { key: "charts" }, y: false, points: { size: 6 } },
    scales: {
      x: span === 0 ? { range: (_, low) => [low - 30, low + 30] } : {},
      y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] },
    },
    axes: [
      { ...axis, space: 84, values: (_, ticks) => clocksOf(ticks) },
      { ...axis, size: AXIS, values: (_, ticks) => ticks.map((tick) => chart.format(tick)) },
    ],
    series: [
      {},
      ...columns.map((column): uPlot.Series => {
        const line: uPlot.Series = {
          label: column.label,
          stroke: colour(column.colour),
          width: 1.5,
          spanGaps: true,
          points: { show: !chart.bars, size: 5, fill: colour(column.colour) },
        };
        if (column.dashed) line.dash = [5, 4];
        if (bars !== undefined) Object.assign(line, { fill: line.stroke, paths: bars });
        return line;
      }),
    ],
  };
}

/** As precise as the ticks are close. */
function clocksOf(ticks: readonly number[]): string[] {
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  return ticks.map((tick) => {
    const text = format.time(tick);
    if (step >= 86_400) return text.slice(0, -9);
    return text.slice(-8, step >= 60 ? -3 : undefined);
  });
}
