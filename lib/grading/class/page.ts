import { type Html, html } from '../../report/html';
import { htmlDocument } from '../../report/html-document';
import { plainText } from './plain-text';

/**
 * A whole page as one file (see `htmlDocument`), readable on a phone and on paper. What is put in by `html` is escaped; control
 * characters go here.
 */
export function page({ title, content }: { readonly title: string; readonly content: Html }): string {
  return plainText(htmlDocument(content, { title, style }));
}

/** A part of a total as a bar, 0 to 1; the number stands beside it in the text. */
export function bar(share: number): Html {
  const width = `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%`;
  return html`<span class="bar" aria-hidden="true"><span style="width: ${width}"></span></span>`;
}

/** A table that scrolls by itself where it is wider than the page. */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">${table}</div>`;
}

const style = `
:root { color-scheme: light dark; --ground: #fff; --ink: #222; --soft: #5c5c5c; --line: #e0e0e0; --raised: #f6f7f9; --link: #00599a; --right: #1a7340; --wrong: #b3361b; --open: #8a5a00 }
@media (prefers-color-scheme: dark) { :root { --ground: #16191d; --ink: #e6e6e6; --soft: #a9adb3; --line: #363b42; --raised: #20242a; --link: #6cb8f0; --right: #5fc98b; --wrong: #f0937c; --open: #e0b050 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 52rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, Arial, Helvetica, sans-serif; overflow-wrap: break-word }
body:has(.wide) { max-width: 75rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line) }
h3 { font-size: 1.0625rem; margin: 1.75rem 0 .25rem; display: flex; justify-content: space-between; gap: 1rem }
h3 span { font-variant-numeric: tabular-nums; white-space: nowrap; font-weight: 400; color: var(--soft) }
p { margin: .5rem 0; max-width: 46rem }
a { color: var(--link) }
.soft, caption { color: var(--soft); font-size: .875rem }
.total { display: flex; align-items: baseline; flex-wrap: wrap; gap: .25rem .75rem; background: var(--raised); border-radius: .5rem; padding: .75rem 1rem; margin: 1rem 0 }
.total strong { font-size: 1.75rem; line-height: 1.2; font-weight: 600 }
.scroll { overflow-x: auto; margin: .75rem 0 }
.scroll:focus-visible { outline: 2px solid var(--link) }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
th { font-weight: 600 }
th.number, td.number { text-align: right; white-space: nowrap }
th.grow, td.grow { width: 99%; min-width: 6rem }
td.name { min-width: 9rem; max-width: 16rem }
td.status { white-space: nowrap }
td.part { min-width: 8rem }
td ul { margin: 0; padding-left: 1.1rem }
tfoot th, tfoot td { border-bottom: 0 }
tfoot tr:first-child > * { border-top: 2px solid var(--line) }
tfoot tr:last-child > * { font-weight: 600 }
.bar { display: block; height: .5rem; margin-top: .5rem; border-radius: .25rem; background: var(--line); overflow: hidden; min-width: 4rem }
.bar span { display: block; height: 100%; background: var(--link) }
ul.tests { list-style: none; padding: 0; margin: .5rem 0 }
ul.tests li { padding-left: 1.6rem; position: relative; margin: .35rem 0 }
ul.tests li::before { position: absolute; left: .15rem; font-weight: 700 }
ul.tests li.right::before { content: "✓"; color: var(--right) }
ul.tests li.wrong::before { content: "✗"; color: var(--wrong) }
.result { color: var(--soft) }
.wrong .result { color: var(--wrong) }
.open { color: var(--open) }
pre { background: var(--raised); border-radius: .35rem; padding: .5rem .75rem; margin: .35rem 0; font: .8125rem/1.45 ui-monospace, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24rem; overflow-y: auto }
blockquote { margin: .5rem 0; padding: .25rem 0 .25rem .9rem; border-left: 3px solid var(--link); white-space: pre-line }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: .25rem 1rem }
@media print { body { max-width: none; padding: 0 } pre { max-height: none; overflow: visible; border: 1px solid #bbb } h2, h3 { break-after: avoid } li, tr { break-inside: avoid } }
`;
