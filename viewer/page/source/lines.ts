// Lines of one height, and one of two → where each stands, and which are drawn.
import type { RefObject } from "preact";
import { useRange } from "../parts/virtual.tsx";

/** Of so many lines all are drawn: the browser's own search finds them. */
const ALL = 1000;

export interface Lines {
  readonly first: number;
  readonly end: number;
  readonly height: number;
  /** In px, of a line by its index. */
  readonly top: (index: number) => number;
}

export function useLines(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  /** The line that has its error below it; −1: none. */
  tall: number,
  height: number,
): Lines {
  const range = useRange(scroller, count, height);
  const top = (index: number): number => (index + (tall >= 0 && index > tall ? 1 : 0)) * height;
  const all = count <= ALL;
  return {
    first: all ? 0 : Math.max(0, range.first - 1),
    end: all ? count : range.end,
    height: top(count),
    top,
  };
}
