import type { JSX } from "preact";
export function Coverage(): JSX.Element {
  return <div class="screen" data-testid="coverage-view" />;
}
