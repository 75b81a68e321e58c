// A field of the query ↔ a menu of its values, over the same text.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { FacetName, Facets } from "../../src/model.ts";
import { read } from "../api.ts";
import * as format from "../parts/format.ts";
import { seenLine } from "../parts/text.ts";
import { valuesOf, withValues } from "../state/query.ts";

interface Option {
  readonly value: string;
  readonly label: string;
  readonly count?: number;
}

const named = (value: string, label: string): Option => ({ value, label });

interface Field {
  readonly name: string;
  readonly title: string;
  readonly facet?: FacetName;
  readonly options?: readonly Option[];
}

export const FIELDS: readonly Field[] = [
  { name: "status", title: "Status", facet: "status" },
  { name: "project", title: "Project", facet: "project" },
  { name: "env", title: "Env", facet: "env" },
  { name: "model", title: "Model", facet: "model" },
  { name: "tag", title: "Tag", facet: "tag" },
  {
    name: "duration",
    title: "Duration",
    options: [
      named(">100ms", "over 100 ms"),
      named(">1s", "over 1 s"),
      named(">2s", "over 2 s"),
      named(">10s", "over 10 s"),
      named(">1m", "over 1 min"),
    ],
  },
  {
    name: "cost",
    title: "Cost",
    options: [
      named(">0", "any"),
      named(">0.001", "over $0.001"),
      named(">0.01", "over $0.01"),
      named(">0.1", "over $0.10"),
      named(">1", "over $1"),
    ],
  },
];

export function Filter({
  field,
  query,
  change,
}: {
  readonly field: Field;
  readonly query: string;
  readonly change: (query: string) => void;
}): JSX.Element {
  const open = useSignal(false);
  const options = useSignal<readonly Option[] | undefined>(field.options);
  const button = useRef<HTMLButtonElement>(null);
  const chosen = valuesOf(query, field.name);
  const toggle = (): void => {
    open.value = !open.value;
    if (open.value && field.facet !== undefined)
      void optionsOf(field.facet).then((found) => (options.value = found));
  };
  const close = (): void => {
    open.value = false;
    button.current?.focus();
  };
  return (
    <div
      class="filter"
      onFocusOut={(event) => {
        if (
          event.relatedTarget instanceof Node &&
          event.currentTarget.contains(event.relatedTarget)
        )
          return;
        open.value = false;
      }}
    >
      <button
        ref={button}
        type="button"
        data-testid={`filter-${field.name}`}
        aria-haspopup="listbox"
        aria-expanded={open.value}
        data-active={chosen.length > 0}
        onClick={toggle}
      >
        {field.title}
        {chosen.length > 0 && <span class="count">{chosen.length}</span>}
        <span aria-hidden="true"> ▾</span>
      </button>
      {open.value && (
        <Options
          title={field.title}
          options={withChosen(options.value, chosen)}
          many={field.facet !== undefined}
          chosen={chosen}
          choose={(value) =>
            change(withValues(query, field.name, chosenNext(field, chosen, value)))
          }
          close={close}
        />
      )}
    </div>
  );
}

function Options(props: {
  readonly title: string;
  readonly options: readonly Option[] | undefined;
  readonly many: boolean;
  readonly chosen: readonly string[];
  readonly choose: (value: string) => void;
  readonly close: () => void;
}): JSX.Element {
  const { options, chosen } = props;
  const at = useSignal(0);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    box.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }, [at.value, options === undefined]);
  const last = (options?.length ?? 1) - 1;
  const onKeyDown = (event: KeyboardEvent): void => {
    const option = options?.[at.value];
    if (event.key === "ArrowDown") at.value = Math.min(at.value + 1, last);
    else if (event.key === "ArrowUp") at.value = Math.max(at.value - 1, 0);
    else if (event.key === "Home") at.value = 0;
    else if (event.key === "End") at.value = last;
    else if (event.key === "Escape") props.close();
    else if ((event.key === "Enter" || event.key === " ") && option !== undefined)
      props.choose(option.value);
    else return;
    event.preventDefault();
  };
  if (options?.length === 0) return <p class="menu muted">No trace has one.</p>;
  return (
    <div
      ref={box}
      class="menu"
      role="listbox"
      aria-label={props.title}
      aria-multiselectable={props.many}
      tabIndex={options === undefined ? 0 : undefined}
      onKeyDown={onKeyDown}
    >
      {options?.map((option, index) => (
        <div
          key={option.value}
          role="option"
          data-testid="filter-option"
          data-value={option.value}
          aria-selected={chosen.includes(option.value)}
          tabIndex={index === at.value ? 0 : -1}
          onClick={() => {
            at.value = index;
            props.choose(option.value);
          }}
        >
          <span aria-hidden="true" class="tick">
            {chosen.includes(option.value) ? "✓" : ""}
          </span>
          <span class="grow">{seenLine(option.label)}</span>
          {option.count !== undefined && <span class="muted">{format.count(option.count)}</span>}
        </div>
      ))}
    </div>
  );
}

/** Of words any may match, of numbers one. */
function chosenNext(field: Field, chosen: readonly string[], value: string): readonly string[] {
  if (chosen.includes(value)) return chosen.filter((each) => each !== value);
  return field.facet === undefined ? [value] : [...chosen, value];
}

function withChosen(
  options: readonly Option[] | undefined,
  chosen: readonly string[],
): readonly Option[] | undefined {
  const more = chosen.filter((value) => options?.every((each) => each.value !== value) === true);
  return options === undefined ? undefined : [...options, ...more.map((each) => named(each, each))];
}

async function optionsOf(facet: FacetName): Promise<readonly Option[]> {
  try {
    const facets = await read<Facets>("/api/facets");
    return facets[facet].map(({ value, count }) => ({ value, label: value, count }));
  } catch {
    return [];
  }
}
