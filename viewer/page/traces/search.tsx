// The query in the address ↔ its text, its menus and its chips.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useKeys } from "../parts/keys.ts";
import { seenLine } from "../parts/text.ts";
import { parameters, setParameters } from "../state/address.ts";
import { failure } from "../state/list.ts";
import { fieldOf, termsOf, without } from "../state/query.ts";
import { Filter, FIELDS } from "./filter.tsx";

/** In ms, between the last key and the question. */
const PAUSE = 180;

export function Search(): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const query = parameters.value.get("q") ?? "";
  const typed = useSignal(query);
  const timer = useRef<number | undefined>(undefined);
  const change = (q: string): void => {
    window.clearTimeout(timer.current);
    typed.value = q;
    setParameters({ q });
  };
  useEffect(() => {
    typed.value = query;
  }, [query]);
  useKeys({ "/": () => input.current?.select() });
  const refused = failure.value?.code === "bad_query" ? failure.value : undefined;
  return (
    <search class="search">
      <div class="search-line">
        <span aria-hidden="true" class="muted">
          ⌕
        </span>
        <input
          ref={input}
          type="search"
          data-testid="search-input"
          aria-label="Search in names and values"
          aria-invalid={refused !== undefined}
          aria-describedby={refused === undefined ? undefined : "search-error"}
          placeholder="Search in everything, or status:error model:gpt* duration:>2s"
          autocomplete="off"
          spellcheck={false}
          value={typed.value}
          onInput={(event) => {
            const { value } = event.currentTarget;
            typed.value = value;
            window.clearTimeout(timer.current);
            timer.current = window.setTimeout(() => setParameters({ q: value }), PAUSE);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") change(typed.value);
            if (event.key === "Enter" || event.key === "ArrowDown") toRows();
            else if (event.key !== "Escape") return;
            else if (typed.value === "") event.currentTarget.blur();
            else change("");
            event.preventDefault();
          }}
        />
      </div>
      {refused !== undefined && (
        <div
          class="search-error is-error"
          id="search-error"
          role="alert"
          data-testid="search-error"
        >
          <span aria-hidden="true">✗ </span>
          {refused.message}
          {refused.hint !== undefined && <span class="muted"> {refused.hint}</span>}
        </div>
      )}
      <div class="filters">
        {FIELDS.map((field) => (
          <Filter key={field.name} field={field} query={query} change={change} />
        ))}
        <Chips query={query} change={change} />
      </div>
    </search>
  );
}

function toRows(): void {
  document.querySelector<HTMLElement>("[data-testid=trace-row][tabindex='0']")?.focus();
}

function Chips({
  query,
  change,
}: {
  readonly query: string;
  readonly change: (query: string) => void;
}): JSX.Element {
  const terms = termsOf(query).filter((term) => fieldOf(term) !== undefined);
  return (
    <>
      {terms.map((term) => (
        <span class="chip" data-testid="filter-chip" data-term={term} key={term}>
          <code>{seenLine(term)}</code>
          <button
            type="button"
            aria-label={`Without ${seenLine(term)}`}
            onClick={() => change(without(query, term))}
          >
            ✕
          </button>
        </span>
      ))}
    </>
  );
}
