// A question that has no answer yet, or a failure → what stands in its place.
// Invariant: a skeleton shows after 150 ms, by the style sheet; no layout moves for it.
import type { ComponentChildren, JSX } from "preact";
import type { ApiFailure } from "../api.ts";

export function Skeleton({
  rows,
  testid,
}: {
  readonly rows: number;
  readonly testid?: string;
}): JSX.Element {
  return (
    <div class="skeleton" data-testid={testid} role="status">
      <span class="unseen">Loading</span>
      {Array.from({ length: rows }, (_, row) => (
        <div class="skeleton-row" key={row} aria-hidden="true" />
      ))}
    </div>
  );
}

export function Failure({
  failure,
  again,
  testid,
}: {
  readonly failure: ApiFailure;
  readonly again: () => void;
  readonly testid?: string;
}): JSX.Element {
  return (
    <div class="said" role="alert" data-testid={testid}>
      <h2>
        <span class="is-error" aria-hidden="true">
          ✗
        </span>{" "}
        {failure.message}
      </h2>
      <p>{failure.hint ?? whatToDo(failure)}</p>
      <button type="button" onClick={again}>
        Try again
      </button>
    </div>
  );
}

export function Said({
  title,
  testid,
  alone = false,
  children,
}: {
  readonly title: string;
  /** It is the whole screen. */
  readonly alone?: boolean;
  readonly testid?: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="said" data-testid={testid}>
      {alone ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
    </div>
  );
}

function whatToDo({ status }: ApiFailure): string {
  if (status === 0) return "Is it still running in its terminal? The page reconnects by itself.";
  if (status === 401) return "Reload the page: llmops dev was started anew with another token.";
  if (status >= 500) return "The terminal of llmops dev says more.";
  return "Reload the page, or go back to the list.";
}
