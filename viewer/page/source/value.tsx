// A recorded value → its badge on the line, and a window with all of it.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { SourceValue } from "../../src/views.ts";
import * as format from "../parts/format.ts";
import { JsonTree } from "../parts/json-tree.tsx";
import { Popover } from "../parts/popover.tsx";
import { seenLine } from "../parts/text.ts";
import { copy } from "../shell/toast.tsx";

const ARROW = { argument: "⟵", local: "⟵", self: "⟵", return: "→", error: "✗" } as const;

export function Value({ value }: { readonly value: SourceValue }): JSX.Element {
  const open = useSignal(false);
  const badge = useRef<HTMLButtonElement>(null);
  const name = value.phase === "return" ? "returned" : seenLine(value.name);
  const preview = value.unset ? "not assigned" : seenLine(value.preview);
  const note = notesOf(value);
  return (
    <>
      <button
        ref={badge}
        type="button"
        class={`line-value is-${value.phase}`}
        data-testid="line-value"
        data-name={value.name}
        data-phase={value.phase}
        data-unset={value.unset}
        aria-haspopup="dialog"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        <span class={value.phase === "return" || value.phase === "error" ? "unseen" : "value-name"}>
          {name}
        </span>
        <span class="arrow" aria-hidden="true">
          {ARROW[value.phase]}
        </span>
        <span class={value.phase === "error" ? "unseen" : "value-text"}>{preview}</span>
      </button>
      {open.value && badge.current !== null && (
        <Popover
          label={`Value of ${name}`}
          anchor={badge.current}
          close={() => (open.value = false)}
        >
          <header class="popover-head">
            <b>{name}</b>
            <span class="muted">{note}</span>
            <button
              type="button"
              onClick={() => void copy(JSON.stringify(value.value, null, 2) ?? "", "the value")}
            >
              Copy
            </button>
          </header>
          {value.unset ? (
            <p class="muted">It was never assigned in this call.</p>
          ) : (
            <JsonTree value={value.value} label={`Value of ${name}`} />
          )}
        </Popover>
      )}
    </>
  );
}

function notesOf(value: SourceValue): string {
  return [
    value.phase,
    format.bytes(value.size),
    ...(value.truncated ? ["cut when it was recorded"] : []),
    ...(value.redacted ? ["secrets masked"] : []),
    ...(value.all_lines.length > 1 ? [`assigned at lines ${value.all_lines.join(", ")}`] : []),
  ].join(" · ");
}
