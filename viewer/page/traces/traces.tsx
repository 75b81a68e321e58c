// The address → the list of traces: search above, rows below.
import { computed, type ReadonlySignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { SORT_KEYS } from "../../src/model.ts";
import { pathOf } from "../api.ts";
import * as format from "../parts/format.ts";
import { useKeys } from "../parts/keys.ts";
import { Failure, Skeleton } from "../parts/states.tsx";
import { toast } from "../shell/toast.tsx";
import { go, parameters, setParameters } from "../state/address.ts";
import * as list from "../state/list.ts";
import { following, reach, turn } from "../state/live.ts";
import { marked } from "./chosen.ts";
import { Empty, NoMatch } from "./empty.tsx";
import { Grid } from "./grid.tsx";
import { Search } from "./search.tsx";

/** The list could not be asked for, while the server is there. */
export const listFailed: ReadonlySignal<boolean> = computed(
  () => list.failure.value !== undefined && list.failure.value.code !== "bad_query",
);

function asked(): list.Asked {
  const given = parameters.value;
  return {
    q: given.get("q") ?? "",
    sort: SORT_KEYS.find((key) => key === given.get("sort")) ?? "started",
    order: given.get("order") === "asc" ? "asc" : "desc",
  };
}

export function Traces(): JSX.Element {
  const query = asked();
  const seenTurn = useRef(turn.value);
  useEffect(() => {
    list.show(query, seenTurn.current !== turn.value);
    seenTurn.current = turn.value;
  }, [query.q, query.sort, query.order, turn.value]);
  const errorsFirst = query.sort === "errors";
  const toggleErrors = (): void =>
    setParameters({ sort: errorsFirst ? null : "errors", order: null });
  const compare = (): void => {
    const [a, b] = marked.value;
    if (a === undefined || b === undefined) toast("Mark two traces with x, then c.");
    else go(pathOf("/compare", { a, b }));
  };
  useKeys({ e: toggleErrors, c: compare, p: () => (following.value = !following.value) });
  return (
    <div class="screen traces">
      <header class="traces-head">
        <h1 class="unseen">Traces</h1>
        <Search />
        <div class="traces-tools">
          <Live />
          <button
            type="button"
            data-testid="errors-first"
            aria-pressed={errorsFirst}
            onClick={toggleErrors}
          >
            Errors first
          </button>
          <button
            type="button"
            data-testid="compare-marked"
            disabled={marked.value.length !== 2}
            onClick={compare}
          >
            Compare{marked.value.length > 0 && ` ${marked.value.length}/2`}
          </button>
          <span class="muted num traces-total">
            {format.count(list.total.value)} {list.total.value === 1 ? "trace" : "traces"}
          </span>
        </div>
      </header>
      <Body query={query} />
    </div>
  );
}

function Live(): JSX.Element {
  const state = reach.value === "offline" ? "offline" : following.value ? "live" : "paused";
  return (
    <>
      <button
        type="button"
        data-testid="live-toggle"
        aria-pressed={following.value}
        onClick={() => (following.value = !following.value)}
      >
        Follow
      </button>
      <span class={`live is-${state}`} role="status" data-testid="live-status" data-state={state}>
        <span aria-hidden="true">{state === "live" ? "●" : state === "paused" ? "‖" : "✗"}</span>{" "}
        {state}
      </span>
    </>
  );
}

function Body({ query }: { readonly query: list.Asked }): JSX.Element {
  const failure = list.failure.value;
  const bad = failure?.code === "bad_query";
  if (failure !== undefined && !bad && list.rows.value.length === 0)
    return <Failure failure={failure} again={() => void list.reload()} testid="list-error" />;
  if (list.rows.value.length > 0) return <Grid query={query} />;
  if (list.loading.value) return <Skeleton rows={12} testid="list-loading" />;
  if (query.q.trim() === "") return <Empty />;
  return bad ? <div /> : <NoMatch query={query.q} />;
}
