// Tracked functions → a table of them; Enter opens the source.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { CoveredFunction } from "../../src/views.ts";
import * as format from "../parts/format.ts";
import { useKeys } from "../parts/keys.ts";
import { seenLine } from "../parts/text.ts";

const STATES = {
  hit: { glyph: "✓", word: "hit", class: "is-ok" },
  never: { glyph: "✗", word: "never hit", class: "is-error" },
  skipped: { glyph: "–", word: "untouched", class: "muted" },
} as const;

export function Table({
  functions,
  open,
}: {
  readonly functions: readonly CoveredFunction[];
  readonly open: (found: CoveredFunction) => void;
}): JSX.Element {
  const at = useSignal(-1);
  const body = useRef<HTMLTableSectionElement>(null);
  const move = (to: number): void => {
    at.value = Math.max(0, Math.min(to, functions.length - 1));
    const row = body.current?.rows[at.value];
    row?.querySelector("button")?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };
  const openAt = (): void => {
    const found = functions[at.value];
    if (found !== undefined) open(found);
  };
  useKeys({
    j: () => move(at.value + 1),
    ArrowDown: () => move(at.value + 1),
    k: () => move(at.value - 1),
    ArrowUp: () => move(at.value - 1),
    Enter: openAt,
    o: openAt,
  });
  return (
    <div class="table-frame">
      <table class="coverage-table">
        <thead>
          <tr>
            <th scope="col">state</th>
            <th scope="col">function</th>
            <th scope="col">tag</th>
            <th scope="col" class="num">
              hits
            </th>
            <th scope="col" class="num wide-only">
              errors
            </th>
            <th scope="col" class="num wide-only">
              p50
            </th>
            <th scope="col" class="num wide-only">
              p95
            </th>
            <th scope="col" class="wide-only">
              captures
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {functions.map((found, index) => (
            <Covered
              key={found.site}
              found={found}
              first={found.file !== functions[index - 1]?.file}
              reached={() => (at.value = index)}
              reachable={index === Math.max(0, at.value)}
              open={() => open(found)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Covered(props: {
  readonly found: CoveredFunction;
  /** Of its file, in the table. */
  readonly first: boolean;
  readonly reachable: boolean;
  readonly reached: () => void;
  readonly open: () => void;
}): JSX.Element {
  const { found } = props;
  const state = STATES[found.state];
  return (
    <tr data-testid="coverage-row" data-site={found.site} data-state={found.state}>
      <td class={state.class}>
        <span aria-hidden="true">{state.glyph} </span>
        {state.word}
        {found.stale && <span class="is-changed"> ⚠ changed since</span>}
      </td>
      <td>
        <button
          type="button"
          class="plain"
          tabIndex={props.reachable ? 0 : -1}
          onFocus={props.reached}
          onClick={props.open}
        >
          {seenLine(found.function)}
        </button>{" "}
        <code class={props.first ? "" : "muted"}>
          {seenLine(found.file)}:{found.line}
        </code>
        {found.skipped !== null && (
          <span class="muted">
            {" "}
            {seenLine(found.skipped.code)}: {seenLine(found.skipped.message)}
          </span>
        )}
      </td>
      <td>
        <code class="muted">{seenLine(found.tag ?? found.from)}</code>
      </td>
      <td class="num">{format.count(found.hits)}</td>
      <td class={`num wide-only ${found.errors > 0 ? "is-error" : "muted"}`}>
        {found.errors > 0 && <span aria-hidden="true">✗ </span>}
        {format.count(found.errors)}
      </td>
      <td class="num wide-only">{format.duration(found.p50_ms)}</td>
      <td class="num wide-only">{format.duration(found.p95_ms)}</td>
      <td class="wide-only">
        {found.captures.map(({ name, seen, unset, truncated, redacted }) => (
          <span class="capture" key={name}>
            <code>{seenLine(name)}</code>
            <span class="muted">
              {" "}
              {[
                format.count(seen),
                ...(unset > 0 ? [`${format.count(unset)} unset`] : []),
                ...(truncated > 0 ? [`${format.count(truncated)} cut`] : []),
                ...(redacted > 0 ? [`${format.count(redacted)} masked`] : []),
              ].join(", ")}
            </span>
          </span>
        ))}
      </td>
    </tr>
  );
}
