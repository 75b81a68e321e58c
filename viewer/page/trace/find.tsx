// Words → the spans of a trace whose names or values contain them.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { pathOf, read, traceApi } from "../api.ts";
import { useKeys } from "../parts/keys.ts";

/** In ms, between the last key and the question. */
const PAUSE = 180;

export function FindSpan({
  id,
  found,
}: {
  readonly id: string;
  /** Undefined: nothing is looked for. */
  readonly found: (ids: ReadonlySet<string> | undefined) => void;
}): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const typed = useSignal("");
  useEffect(() => {
    const q = typed.value;
    if (q.trim() === "") {
      found(undefined);
      return undefined;
    }
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      read<{ span_ids: string[] }>(pathOf(`${traceApi(id)}/search`, { q }), stop.signal).then(
        ({ span_ids }) => found(new Set(span_ids)),
        () => undefined,
      );
    }, PAUSE);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [typed.value]);
  useKeys({ f: () => input.current?.select(), "/": () => input.current?.select() });
  const toRows = (): void =>
    document.querySelector<HTMLElement>("[data-testid=span-row][tabindex='0']")?.focus();
  return (
    <input
      ref={input}
      type="search"
      class="find"
      data-testid="span-search"
      aria-label="Find in names and values of the spans"
      placeholder="Find in names and values"
      autocomplete="off"
      spellcheck={false}
      value={typed.value}
      onInput={(event) => (typed.value = event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          typed.value = "";
          toRows();
        } else if (event.key === "Enter" || event.key === "ArrowDown") toRows();
        else return;
        event.preventDefault();
      }}
    />
  );
}
