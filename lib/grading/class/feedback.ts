import { type Html, html } from '../../report/html';
import type { Entry, QuestionResult } from './gradebook';
import { describeLateness } from './late-policy';
import { bar, page } from './page';
import { formatPoints, plainLine } from './plain-text';
import { noAnswerWords, statusWords, toldTests } from './words';

/**
 * What a student gets back, as one HTML file that stands alone: the score, public tests in words, hidden ones by number, the
 * instructor's comments. Nothing else of the class, of hidden tests or of the solution is in it.
 */
export function feedbackPage(entries: readonly Entry[]): string {
  const [{ student }] = entries;
  const name =
    plainLine([student.firstName, student.lastName].filter(Boolean).join(' ')) || plainLine(student.id);
  const content = html`<header><h1>Feedback for ${name}</h1></header>
<main>${entries.map(chapterSection)}</main>`;
  return page({ title: `Feedback for ${name}`, content });
}

function chapterSection(entry: Entry): Html {
  const { chapter, status, questions, score, points, rawScore, penalty, lateMs } = entry;
  return html`
<section>
<h2>${chapter.title}</h2>
${
  status === 'not graded'
    ? html`<p class="open">${statusWords[status]}</p>`
    : html`<div class="total"><strong>${formatPoints(score)} of ${formatPoints(points)}</strong> points
${status === 'graded' ? undefined : html`<span class="open">${statusWords[status]}</span>`}</div>`
}
${
  lateMs > 0
    ? html`<p>Handed in ${describeLateness(lateMs)} late: ${formatPoints(penalty)} of ${formatPoints(rawScore)} points are taken off.</p>`
    : undefined
}
${status === 'refused' ? html`<p>${plainLine(entry.notes.at(-1) ?? '')}</p>` : undefined}
${questions.length > 0 && status !== 'not graded' ? scoreTable(entry) : undefined}
${questions.map(questionPart)}
</section>`;
}

function scoreTable({ questions, rawScore, points, penalty, score }: Entry): Html {
  const row = (question: QuestionResult) => html`<tr><td>${question.id}</td>
<td class="number">${scoreText(question)}</td><td class="number">${formatPoints(question.points)}</td>
<td class="grow">${bar((question.score ?? 0) / (question.points || 1))}</td></tr>`;
  return html`<table>
<thead><tr><th scope="col">Question</th><th scope="col" class="number">Score</th><th scope="col" class="number">Points</th><th scope="col" class="grow"></th></tr></thead>
<tbody>${questions.map(row)}</tbody>
<tfoot>${
    penalty > 0
      ? html`<tr><td>Earned</td><td class="number">${formatPoints(rawScore)}</td><td class="number"></td><td></td></tr>
<tr><td>Late</td><td class="number">-${formatPoints(penalty)}</td><td class="number"></td><td></td></tr>`
      : undefined
  }
<tr><th scope="row">Total</th><td class="number">${formatPoints(score)}</td><td class="number">${formatPoints(points)}</td><td></td></tr></tfoot>
</table>`;
}

function questionPart(question: QuestionResult): Html {
  const { id, comment, manual, byHand, points } = question;
  return html`
<h3>${id}<span>${scoreText(question)} of ${formatPoints(points)}</span></h3>
${manual && !byHand ? html`<p class="soft">Marked by hand${question.score === undefined ? ', not yet done' : ''}.</p>` : undefined}
${byHand && !manual ? html`<p class="soft">This score was set by hand.</p>` : undefined}
${question.tests.length > 0 ? html`<ul class="tests">${toldTests(question.tests).map(testLine)}</ul>` : undefined}
${question.tests.length === 0 && !manual && question.score !== undefined && !byHand ? html`<p>${noAnswerWords}</p>` : undefined}
${comment ? html`<blockquote>${comment}</blockquote>` : undefined}`;
}

function testLine({ name, passed, result, message }: ReturnType<typeof toldTests>[number]): Html {
  return html`<li class="${passed ? 'right' : 'wrong'}">${plainLine(name)}: <span class="result">${result}</span>${
    message === undefined ? undefined : html`<pre>${message.slice(0, 4000)}</pre>`
  }</li>`;
}

function scoreText({ score }: QuestionResult): string {
  return score === undefined ? '–' : formatPoints(score);
}
