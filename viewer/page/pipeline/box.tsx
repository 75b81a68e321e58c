// A part of the way → a box with its state and a number.
import type { ComponentChildren, JSX } from "preact";

export interface Condition {
  readonly word: string;
  readonly ok: boolean;
}

export function Box(props: {
  readonly title: string;
  readonly state: Condition | undefined;
  readonly testid?: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly number?: string;
  readonly unit?: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { state } = props;
  return (
    <li class="box" data-ok={state?.ok} data-testid={props.testid} {...props.attributes}>
      <h2>{props.title}</h2>
      {state !== undefined && (
        <p class={state.ok ? "is-ok" : "is-error"}>
          <span aria-hidden="true">{state.ok ? "✓" : "✗"} </span>
          {state.word}
        </p>
      )}
      {props.number !== undefined && (
        <p>
          <span class="big">{props.number}</span> <span class="muted">{props.unit}</span>
        </p>
      )}
      {props.children}
    </li>
  );
}
