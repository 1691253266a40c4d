import { html } from '../../report/html';
import type { AskedChapter } from './chapter-questions';
import type { OpenQuestion } from './manual-scores';
import { page } from './page';
import { formatPoints, plainLine } from './plain-text';

/** The answers that wait to be marked by hand, by question, each under the instructor's own. */
export function markingPage(
  open: readonly OpenQuestion[],
  { chapters, file }: { readonly chapters: readonly AskedChapter[]; readonly file: string },
): string {
  const questions = chapters.flatMap((chapter) =>
    chapter.questions.map((question) => ({
      ...question,
      title: chapter.title,
      answers: open.filter((one) => one.chapter === chapter.name && one.question === question.id),
    })),
  );
  const asked = questions.filter(({ answers }) => answers.length > 0);
  const content = html`<header class="wide"><h1>To mark by hand</h1>
<p>${asked.length === 0 ? 'Nothing waits.' : `Enter scores and comments in ${file}, then run the same command again.`}</p></header>
<main>${asked.map(
    ({ id, title, points, stub, solution, answers }) => html`
<section><h2>${title}: ${id}, ${formatPoints(points)} points</h2>
<p class="soft">The instructor's answer</p><blockquote>${unwrapped(solution)}</blockquote>
${answers.map(
  ({ student, answer }) => html`<h3>${plainLine(student)}</h3>
${answer.trim() === stub.trim() || answer.trim() === '' ? html`<p class="soft">Nothing was written.</p>` : html`<pre>${answer.slice(0, 20_000)}</pre>`}`,
)}
</section>`,
  )}</main>`;
  return page({ title: 'To mark by hand', content });
}

/** A text with its lines joined to paragraphs. */
function unwrapped(text: string): string {
  return text.replace(/([^\n])\n(?=[^\n])/g, '$1 ');
}
