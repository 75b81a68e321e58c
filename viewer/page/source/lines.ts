// Lines of one height, and one with its error below → where each stands, and which are drawn.
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
  height: number,
  /** The line that has its error below it; −1: none. */
  tall: number,
  /** In px, what is below it. */
  below: number,
): Lines {
  const range = useRange(scroller, count, height);
  const top = (index: number): number => index * height + (tall >= 0 && index > tall ? below : 0);
  const all = count <= ALL;
  const above = Math.ceil(below / height);
  return {
    first: all ? 0 : Math.max(0, range.first - above),
    end: all ? count : range.end,
    height: top(count),
    top,
  };
}
