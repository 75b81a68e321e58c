// The page's beginning: draws the application into the body, follows the server's events and the keys.
import { render } from "preact";
import { listen } from "./parts/keys.ts";
import { App } from "./shell/app.tsx";
import { connect } from "./state/live.ts";

listen();
connect();
render(<App />, document.body);
