// Rows of one height, many → those that are seen, and the one that has the focus.
// Invariant: the focused row stays in the document.
import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Rows drawn above and below what is seen. */
const MORE = 8;

export interface Range {
  readonly first: number;
  /** After the last. */
  readonly end: number;
}

/** Which rows are seen in a scrolled element. */
export function useRange(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  height: number,
  top = 0,
): Range {
  const [range, setRange] = useState<Range>({ first: 0, end: 60 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const first = Math.max(0, Math.floor((element.scrollTop - top) / height) - MORE);
      const end = Math.ceil((element.scrollTop - top + element.clientHeight) / height) + MORE;
      setRange((before) =>
        before.first === first && before.end === end ? before : { first, end },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, [height, top]);
  return { first: Math.min(range.first, Math.max(0, count - 1)), end: Math.min(range.end, count) };
}

export function Rows({
  range,
  count,
  height,
  kept,
  row,
  role = "rowgroup",
}: {
  readonly range: Range;
  readonly count: number;
  readonly height: number;
  /** Drawn wherever it is. */
  readonly kept: number;
  readonly row: (index: number, top: string) => ComponentChildren;
  readonly role?: "rowgroup" | "presentation";
}): ComponentChildren {
  const indexes: number[] = [];
  if (kept >= 0 && kept < range.first) indexes.push(kept);
  for (let index = range.first; index < range.end; index += 1) indexes.push(index);
  if (kept >= range.end && kept < count) indexes.push(kept);
  return (
    <div class="rows" role={role} style={{ height: `${count * height}px` }}>
      {indexes.map((index) => row(index, `translateY(${index * height}px)`))}
    </div>
  );
}

/** Moves as little as shows the row. */
export function showRow(element: HTMLElement, index: number, height: number, top = 0): void {
  const at = index * height;
  if (at < element.scrollTop) element.scrollTop = at;
  else if (at + height + top > element.scrollTop + element.clientHeight)
    element.scrollTop = at + height + top - element.clientHeight;
}
