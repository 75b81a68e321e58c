// What Lambda does with the file: loads it, and calls the handler with an event.
import { handler } from "./dist/handler.mjs";

console.log(await handler({ question: "What is cold?" }));
