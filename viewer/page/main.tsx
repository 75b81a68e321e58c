// The page's beginning: draws the application into the body.
import { render } from "preact";

render(<main data-testid="app" data-state="loading" />, document.body);
