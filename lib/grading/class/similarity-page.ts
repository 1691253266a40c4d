import { type Html, html } from '../../report/html';
import { page } from './page';
import { plainLine } from './plain-text';
import type { SimilarPair } from './similarity';

/** Of one chapter. */
export interface ChapterPairs {
  readonly title: string;
  readonly pairs: readonly SimilarPair[];
  readonly answerOf: (student: string, question: string) => string;
}

/** Pairs shown with their answers; the CSV has all. */
const most = 50;

/** Answers that are alike beyond what many write, side by side, to be read by the instructor. */
export function similarityPage(chapters: readonly ChapterPairs[]): string {
  const content = html`<header class="wide"><h1>Similar answers</h1>
<p>These pairs have more in common than the stub, the solution and what many write explain, with names, comments and layout left
aside. That is a reason to read them, not a verdict: short tasks have few solutions, and people learn together.</p></header>
<main>${chapters.map(chapterSection)}</main>`;
  return page({ title: 'Similar answers', content });
}

function chapterSection({ title, pairs, answerOf }: ChapterPairs): Html {
  const shown = pairs.slice(0, most);
  return html`<section><h2>${title}</h2>
<p>${pairs.length === 0 ? 'None.' : pairs.length > most ? `${pairs.length} pairs; the first ${most} follow.` : `${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'}.`}</p>
${shown.map(
  ({ students, share, questions }) => html`
<h3>${plainLine(students[0])} and ${plainLine(students[1])}<span>${percent(share)} shared</span></h3>
${questions.map(
  ({ question, share }) => html`<p class="soft">${question}: ${percent(share)} of the smaller answer</p>
<div class="two">${students.map((student) => html`<pre>${answerOf(student, question).slice(0, 4000)}</pre>`)}</div>`,
)}`,
)}
</section>`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
