// A part that fails while it is drawn → a word in its place; what is around it goes on.
import type { ComponentChildren, JSX } from "preact";
import { useErrorBoundary } from "preact/hooks";
import { Said } from "./states.tsx";

export function Boundary({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const [failure, again] = useErrorBoundary((caught) => console.error(caught));
  if (failure === undefined) return <>{children}</>;
  return (
    <Said title="This could not be drawn.">
      <p class="is-error">{String(failure)}</p>
      <button type="button" onClick={again}>
        Try again
      </button>
    </Said>
  );
}
