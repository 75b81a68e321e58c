// A list without rows → how to begin, or which term to drop.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { TracePage } from "../../src/model.ts";
import type { Health } from "../../src/views.ts";
import { pathOf, read } from "../api.ts";
import { Copyable } from "../parts/copyable.tsx";
import * as format from "../parts/format.ts";
import { Said } from "../parts/states.tsx";
import { seenLine } from "../parts/text.ts";
import { setParameters } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { termsOf, without } from "../state/query.ts";

export function Empty(): JSX.Element {
  const health = useAnswer<Health>("/api/health").value;
  return (
    <Said title="Nothing yet. Run your app against this window:" testid="list-empty">
      <p>
        <Copyable text="npx llmops dev -- npm start" what="the command" />
      </p>
      <p>
        or send OTLP JSON to{" "}
        <Copyable text={`${location.origin}/v1/traces`} what="the address for OTLP" />
      </p>
      <p class="muted">Traces lie in {seenLine(health?.db.path ?? ".llmops/dev.db")}.</p>
    </Said>
  );
}

/** Of so many terms it is asked what is there without each. */
const TERMS = 6;

export function NoMatch({ query }: { readonly query: string }): JSX.Element {
  const terms = termsOf(query).slice(0, TERMS);
  const found = useSignal<readonly { term: string; total: number }[]>([]);
  useEffect(() => {
    let current = true;
    void Promise.all(
      terms.map(async (term) => {
        const page = await read<TracePage>(
          pathOf("/api/traces", { q: without(query, term), limit: 1 }),
        );
        return { term, total: page.total };
      }),
    ).then(
      (answers) => {
        if (current) found.value = answers.filter(({ total }) => total > 0);
      },
      () => undefined,
    );
    return () => void (current = false);
  }, [query]);
  return (
    <Said title={`No trace has ${seenLine(query)}.`} testid="list-no-match">
      {found.value.map(({ term, total }) => (
        <p key={term}>
          <button type="button" onClick={() => setParameters({ q: without(query, term) })}>
            Without <code>{seenLine(term)}</code>: {format.count(total)}
          </button>
        </p>
      ))}
      <p>
        <button type="button" onClick={() => setParameters({ q: null })}>
          Show all
        </button>
      </p>
    </Said>
  );
}
