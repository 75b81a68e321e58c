// Where the page is → the navigation on the left, and the theme.
import type { JSX } from "preact";
import { screen } from "../state/address.ts";
import { nextTheme, theme } from "../state/theme.ts";
import { Icon } from "../parts/icon.tsx";
import { SCREENS } from "./screens.ts";

export function Rail({ help }: { readonly help: () => void }): JSX.Element {
  const now = screen.value.name === "trace" ? "traces" : screen.value.name;
  return (
    <nav class="rail" aria-label="Screens">
      {SCREENS.map(({ name, title, path, key }) => (
        <a
          key={name}
          href={path}
          data-testid={`nav-${name}`}
          aria-current={now === name ? "page" : undefined}
          aria-label={title}
        >
          <Icon name={name} />
          <span class="tip" aria-hidden="true">
            {title} <kbd>{key}</kbd>
          </span>
        </a>
      ))}
      <span class="rail-gap" />
      <button type="button" aria-label="Keys" onClick={help}>
        ?
        <span class="tip" aria-hidden="true">
          Keys <kbd>?</kbd>
        </span>
      </button>
      <button
        type="button"
        data-testid="theme-toggle"
        aria-label={`Theme: ${theme.value}`}
        onClick={nextTheme}
      >
        <Icon name={theme.value} />
        <span class="tip" aria-hidden="true">
          Theme: {theme.value} <kbd>t</kbd>
        </span>
      </button>
    </nav>
  );
}
