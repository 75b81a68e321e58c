// Spans → their overview: time across, depth down, errors over all; dragging over it zooms.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SpanRow } from "../../src/model.ts";
import * as format from "../parts/format.ts";
import { colour, painted } from "../state/theme.ts";
import { placeOf, type Zoom } from "./zoom.ts";

const HEIGHT = 40;

export function Minimap({
  spans,
  extent,
  zoom,
  setZoom,
}: {
  readonly spans: readonly SpanRow[];
  readonly extent: number;
  readonly zoom: Zoom;
  readonly setZoom: (zoom: Zoom) => void;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const began = useRef<number | undefined>(undefined);
  const width = useSignal(0);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => (width.value = element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current !== null && width.value > 0)
      draw(canvas.current, width.value, spans, extent);
  }, [spans, extent, width.value, painted.value]);
  const timeAt = (event: PointerEvent): number => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined) return 0;
    return (Math.min(Math.max(event.clientX - box.left, 0), box.width) / box.width) * extent;
  };
  const whole = zoom.from <= 0 && zoom.to >= extent;
  const { left, width: share } = placeOf({ from: 0, to: extent }, zoom.from, zoom.to - zoom.from);
  const errors = spans.filter(({ status }) => status === "error").length;
  return (
    <div class="minimap">
      <canvas
        ref={canvas}
        data-testid="minimap"
        role="img"
        aria-label={`${format.count(spans.length)} spans in ${format.duration(extent)}, ${errors} failed. + and − zoom.`}
        height={HEIGHT}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          began.current = timeAt(event);
        }}
        onPointerMove={(event) => {
          if (began.current === undefined) return;
          const at = timeAt(event);
          if (Math.abs(at - began.current) > extent / 200)
            setZoom({ from: Math.min(at, began.current), to: Math.max(at, began.current) });
        }}
        onPointerUp={() => (began.current = undefined)}
        onDblClick={() => setZoom({ from: 0, to: extent })}
      />
      {!whole && (
        <div class="brush" style={{ left: `${left}%`, width: `${share}%` }} aria-hidden="true" />
      )}
    </div>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  width: number,
  spans: readonly SpanRow[],
  extent: number,
): void {
  const scale = window.devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = HEIGHT * scale;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.scale(scale, scale);
  context.clearRect(0, 0, width, HEIGHT);
  let deepest = 1;
  for (const { depth } of spans) deepest = Math.max(deepest, depth + 1);
  const row = Math.min(6, HEIGHT / deepest);
  const paint = (name: string, which: (span: SpanRow) => boolean): void => {
    context.fillStyle = colour(name);
    for (const span of spans) {
      if (!which(span)) continue;
      const x = (span.start / extent) * width;
      context.fillRect(
        x,
        span.depth * row,
        Math.max(1, (span.duration_ms / extent) * width),
        Math.max(1, row - 1),
      );
    }
  };
  paint("span", ({ kind, status }) => kind === "span" && status !== "error");
  paint("llm", ({ kind, status }) => kind === "generation" && status !== "error");
  paint("error", ({ status }) => status === "error");
}
