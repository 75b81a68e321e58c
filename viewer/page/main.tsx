// The document's body → the application in it, which follows the server's events and the keys.
import { render } from "preact";
import { listen } from "./parts/keys.ts";
import { App } from "./shell/app.tsx";
import { connect } from "./state/live.ts";

listen();
connect();
render(<App />, document.body);
