// A value and the badge that it belongs to → a window beside it with all of it.
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function Popover({
  label,
  anchor,
  close,
  children,
}: {
  readonly label: string;
  readonly anchor: HTMLElement;
  readonly close: () => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    // In the browser's top layer: lines that come after do not lie over it.
    element.showPopover();
    const by = anchor.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = element;
    const below = by.bottom + 4 + offsetHeight < innerHeight || by.top < innerHeight / 2;
    element.style.left = `${Math.max(8, Math.min(by.left, innerWidth - offsetWidth - 8))}px`;
    element.style.top = `${below ? by.bottom + 4 : Math.max(8, by.top - offsetHeight - 4)}px`;
    element.style.maxHeight = `${Math.max(120, below ? innerHeight - by.bottom - 12 : by.top - 12)}px`;
    element.querySelector<HTMLElement>("[tabindex='0'], button")?.focus();
    const outside = (event: PointerEvent): void => {
      if (event.target instanceof Node && !element.contains(event.target)) close();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  return (
    <div
      ref={box}
      class="popover"
      popover="manual"
      role="dialog"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        close();
        anchor.focus();
      }}
    >
      {children}
    </div>
  );
}
