import { type Html, html } from './html';
import { htmlDocument } from './html-document';

/** A part of the page under a heading of its own. */
export interface Section {
  /** The fragment of its address. */
  readonly id: string;
  readonly title: string;
  readonly content: Html;
}

/**
 * A whole page as one file, with pictures inside: see `htmlDocument`.
 */
export function page({
  title,
  intro,
  sections,
}: {
  readonly title: string;
  readonly intro: Html;
  readonly sections: readonly Section[];
}): string {
  const body = html`<header><h1>${title}</h1>${intro}
<nav aria-label="Contents"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav></header>
<main>${sections.map(
    ({ id, title, content }) =>
      html`\n<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`,
  )}
</main>`;
  return htmlDocument(body, { title, style, allowed: ['img-src data:'] });
}

const style = `
:root { color-scheme: light dark; --ground: #fff; --ink: #222; --soft: #5c5c5c; --line: #e0e0e0; --raised: #f6f7f9; --link: #00599a; --right: 0 114 178; --wrong: 224 122 30 }
@media (prefers-color-scheme: dark) { :root { --ground: #16191d; --ink: #e6e6e6; --soft: #a9adb3; --line: #363b42; --raised: #20242a; --link: #6cb8f0; --right: 40 140 205 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 68rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, Arial, Helvetica, sans-serif; overflow-wrap: break-word }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line) }
p { max-width: 46rem; margin: .5rem 0 }
a { color: var(--link) }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: 1rem 0 0; list-style: none }
.note, figcaption, caption { color: var(--soft); font-size: .875rem }
.headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1rem 0 }
.headline div { background: var(--raised); border-radius: .5rem; padding: .75rem 1rem }
.headline dt { color: var(--soft); font-size: .875rem }
.headline dd { margin: 0 }
.headline strong { display: block; font-size: 1.75rem; line-height: 1.2; font-weight: 600 }
.headline span { font-size: .875rem; white-space: nowrap }
.scroll { overflow-x: auto; margin: .75rem 0 }
.scroll:focus-visible { outline: 2px solid var(--link) }
table { border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .625rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th { font-weight: 600 }
thead th { vertical-align: bottom; white-space: normal }
th:first-child { text-align: left }
tfoot tr:first-child > * { border-top: 2px solid var(--line) }
caption { text-align: left; padding-bottom: .5rem; max-width: min(46rem, 92vw) }
.confusion th, .confusion td { padding: .3rem .35rem; border: 1px solid var(--ground) }
.confusion th { font-weight: 400 }
.confusion thead th span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap }
.confusion thead th:not(:first-child) { text-align: center }
.confusion td { min-width: 2.4rem; text-align: center; background: rgb(var(--wrong) / var(--strength)) }
.confusion td.right { background: rgb(var(--right) / var(--strength)); font-weight: 600 }
.confusion td.deep { color: #111 }
.confusion td.right.deep { color: #fff }
.pictures { display: flex; flex-wrap: wrap; gap: .5rem }
.pictures figure { margin: 0; width: 5.75rem; text-align: center }
.pairs .pictures figure { width: 4.25rem }
.pictures img { image-rendering: pixelated; border-radius: 2px }
.pictures figcaption { font-size: .8125rem; line-height: 1.3 }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); gap: 1rem 2rem; padding-left: 1.5rem; margin: 1rem 0 }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem 2rem }
.chart { margin: 1rem 0; max-width: 34rem }
.chart svg { display: block; width: 100%; height: auto }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: .9375rem }
.facts dt { color: var(--soft) }
.facts dd { margin: 0; min-width: 0 }
@media (max-width: 34rem) { .confusion { font-size: .6875rem } .confusion th, .confusion td { padding: .25rem .1rem } .confusion td { min-width: 1.55rem } .facts { grid-template-columns: 1fr } .facts dd { margin-bottom: .5rem } }
@media print { nav { display: none } section { break-inside: avoid-page } }
`;
