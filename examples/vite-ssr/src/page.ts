// A text → the page that shows it.

/** @track capture=escaped */
export function page(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html><title>Greeting</title><p>${escaped}</p>`;
}
