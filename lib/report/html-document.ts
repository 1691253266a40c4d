import { type Html, html, trusted } from './html';

/**
 * A page as one file, light or dark as the reader's system is: no script, and nothing that is fetched, which its policy also
 * forbids; `allowed` has what it may besides, such as `img-src data:`.
 */
export function htmlDocument(
  body: Html,
  {
    title,
    style,
    allowed = [],
  }: { readonly title: string; readonly style: string; readonly allowed?: readonly string[] },
): string {
  const rest = ["style-src 'unsafe-inline'", "form-action 'none'", "base-uri 'none'"];
  const policy = ["default-src 'none'", ...allowed, ...rest].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.markup;
}
