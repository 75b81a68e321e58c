import type { JSX } from "preact";
export function Compare(): JSX.Element {
  return <div class="screen" data-testid="compare-view" />;
}
