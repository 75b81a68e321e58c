// Debian's Chromium, or what `CHROMIUM` names → a browser for tests to drive.
// Invariant: it asks nobody but the loopback servers of the test.
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** @throws where there is none: a test without a browser has shown nothing */
function chromiumPath(): string {
  const places = process.env.CHROMIUM === undefined ? PLACES : [process.env.CHROMIUM];
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new Error("No Chromium: apt-get install chromium, or name one in CHROMIUM.");
  return found;
}

/** Close it at the end. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      // CI runs as root, where Chromium's own sandbox refuses to start.
      "--no-sandbox",
      "--disable-dev-shm-usage",
      // No updates, no field trials: names other than loopback's resolve to nothing.
      "--disable-background-networking",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
  });
}
