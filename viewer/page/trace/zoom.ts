// A part of a trace's time, and a point in it → the part after a key.

export interface Zoom {
  /** In ms after the trace's start. */
  readonly from: number;
  readonly to: number;
}

export function zoomed(zoom: Zoom, factor: number, around: number, extent: number): Zoom {
  const width = Math.min(extent, Math.max((zoom.to - zoom.from) * factor, extent / 1e5));
  const middle = around >= zoom.from && around <= zoom.to ? around : (zoom.from + zoom.to) / 2;
  const from = Math.min(Math.max(0, middle - width / 2), extent - width);
  return { from, to: from + width };
}

/** Round times in it, some four of them; none so late that its text is cut. */
export function ticksOf({ from, to }: Zoom): readonly number[] {
  const rough = (to - from) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick < to - (to - from) / 5; tick += step)
    ticks.push(tick);
  return ticks;
}

/** In percent of the zoom's width. */
export function placeOf(
  zoom: Zoom,
  start: number,
  length: number,
): { left: number; width: number } {
  const scale = 100 / (zoom.to - zoom.from);
  const left = Math.max(0, (start - zoom.from) * scale);
  const right = Math.min(100, (start + length - zoom.from) * scale);
  return { left: Math.min(left, 100), width: Math.max(0, right - left) };
}
