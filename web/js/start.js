// Starts the page in the listener's language. No module awaits while it is evaluated: WebKit answers a second import of
// one that does too early (bugs.webkit.org/show_bug.cgi?id=242740).

import { loadTexts } from "./ui/text.js";

loadTexts().catch(console.error).then(() => import("./main.js"));
