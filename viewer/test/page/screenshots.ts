// `npm run -w viewer screenshots`: the demo run against `llmops dev` → docs/images/viewer.png, as it
// looks on a screen of 1280 × 800.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launchChromium } from "../../../test/support/chromium.ts";
import { DEMO, newRoot, startDev } from "./demo.ts";

const IMAGES = join(import.meta.dirname, "../../../docs/images");
mkdirSync(IMAGES, { recursive: true });

await using dev = await startDev(newRoot(), DEMO, true);
await using browser = await launchChromium();
const page = await browser.newPage({
  viewport: { width: 1280, height: 800 },
  colorScheme: "dark",
  reducedMotion: "reduce",
});
await dev.ended;
await page.goto(`${dev.url}/?q=status:error`);
await page.getByTestId("trace-row").click();
await page.getByTestId("line-error").waitFor();
// The source gets the wider half.
for (let step = 0; step < 3; step += 1) await page.keyboard.press("[");
await page.screenshot({ path: join(IMAGES, "viewer.png") });
await page.close();
