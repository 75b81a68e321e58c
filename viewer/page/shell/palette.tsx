// A few letters → a screen, a command or a trace to go to.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { TracePage } from "../../src/model.ts";
import { pathOf } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import * as format from "../parts/format.ts";
import { seenLine } from "../parts/text.ts";
import { go, tracePath } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { following } from "../state/live.ts";
import { nextTheme } from "../state/theme.ts";
import { SCREENS } from "./screens.ts";

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly run: () => void;
}

export function Palette({
  close,
  help,
}: {
  readonly close: () => void;
  readonly help: () => void;
}): JSX.Element {
  const typed = useSignal("");
  const asked = useSignal("");
  const at = useSignal(0);
  useEffect(() => {
    const timer = window.setTimeout(() => (asked.value = typed.value), 150);
    return () => window.clearTimeout(timer);
  }, [typed.value]);
  const page = useAnswer<TracePage>(
    pathOf("/api/traces", { q: asked.value.trim() === "" ? "" : quoted(asked.value), limit: 12 }),
    true,
  );
  const entries = useMemo(
    () => [...commands(typed.value, help), ...traceEntries(page.value)],
    [typed.value, page.value],
  );
  const chosen = Math.min(at.value, entries.length - 1);
  const run = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    close();
    entry.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") at.value = Math.min(chosen + 1, entries.length - 1);
    else if (event.key === "ArrowUp") at.value = Math.max(chosen - 1, 0);
    else if (event.key === "Enter") run(entries[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog label="Go to" testid="command-palette" close={close}>
      <input
        class="palette-input"
        data-testid="palette-input"
        role="combobox"
        aria-label="Go to a screen, a command or a trace"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={entries[chosen]?.id}
        placeholder="Go to…"
        autocomplete="off"
        spellcheck={false}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <div class="palette-list" id="palette-list" role="listbox" aria-label="Places and commands">
        {entries.map((entry, index) => (
          <div
            key={entry.id}
            id={entry.id}
            role="option"
            aria-selected={index === chosen}
            ref={(element) => {
              if (index === chosen) element?.scrollIntoView({ block: "nearest" });
            }}
            onClick={() => run(entry)}
          >
            <span>{entry.name}</span>
            <span class="muted">{entry.note}</span>
          </div>
        ))}
        {entries.length === 0 && <p class="muted">Nothing of that name.</p>}
      </div>
    </Dialog>
  );
}

function commands(typed: string, help: () => void): readonly Entry[] {
  const all = [
    ...SCREENS.map(({ title, path, key }) => ({ name: title, note: key, run: () => go(path) })),
    { name: "Errors first", note: "e", run: () => go("/?sort=errors") },
    { name: "Traces that failed", note: "status:error", run: () => go("/?q=status%3Aerror") },
    { name: "Theme", note: "t", run: nextTheme },
    {
      name: following.value ? "Pause" : "Go on",
      note: "p",
      run: () => (following.value = !following.value),
    },
    { name: "Keys", note: "?", run: help },
  ];
  const words = typed.toLowerCase().trim();
  return all
    .filter(({ name }) => name.toLowerCase().includes(words))
    .map((entry, index) => Object.assign(entry, { id: `palette-command-${index}` }));
}

function traceEntries(page: TracePage | undefined): readonly Entry[] {
  return (page?.traces ?? []).map((trace, index) => ({
    id: `palette-trace-${index}`,
    name: seenLine(trace.name),
    note: `${trace.status === "error" ? "✗ " : ""}${format.time(trace.started)} · ${seenLine(trace.preview ?? "").slice(0, 60)}`,
    run: () => go(tracePath(trace.trace_id)),
  }));
}

/** Typed text is meant as it is, not as the query language. */
function quoted(text: string): string {
  return `"${text.trim().replaceAll('"', " ")}"`;
}
