import { type Html, html } from '../../report/html';
import type { Entry, Gradebook } from './gradebook';
import { analyseItems, type TestItem } from './item-analysis';
import { bar, page, scrolling } from './page';
import { byText, formatPoints, plainLine } from './plain-text';
import { classStatistics } from './statistics';

export interface SummaryLinks {
  /** The student's feedback, relative to the page. */
  readonly feedbackOf: (student: string) => string;
  /** Files beside the page, with what they are. */
  readonly files: readonly { readonly href: string; readonly what: string }[];
}

/** The class at a glance, for the instructor: grades, their histogram, what to look at, and how each test did. */
export function summaryPage(
  { entries }: Gradebook,
  {
    problems,
    madeBy,
    links,
  }: { readonly problems: readonly string[]; readonly madeBy: string; readonly links: SummaryLinks },
): string {
  const chapters = [...new Set(entries.map(({ chapter }) => chapter.name))].sort(byText);
  const sections = chapters.map((name) =>
    chapterSection(
      entries.filter(({ chapter }) => chapter.name === name),
      links,
    ),
  );
  const content = html`<header class="wide"><h1>Grades</h1>
<p>For instructors: this page names hidden tests. Made by <code>${madeBy}</code>.</p>
<p>${links.files.map(({ href, what }, at) => html`${at > 0 ? ', ' : ''}<a href="${href}">${what}</a>`)}</p></header>
<main>${problems.length > 0 ? html`<h2>Left aside</h2>${list(problems)}` : undefined}${sections}</main>`;
  return page({ title: 'Grades', content });
}

function chapterSection(entries: readonly Entry[], links: SummaryLinks): Html {
  const [{ chapter }] = entries;
  const { count, missing, mean, median, points, histogram } = classStatistics(entries);
  const most = Math.max(1, ...histogram);
  const rows = histogram.map(
    (number, at) => html`<tr><td class="number">${at * 10} to ${at * 10 + 10} %</td>
<td class="number">${number}</td><td class="grow">${bar(number / most)}</td></tr>`,
  );
  return html`
<section><h2>${chapter.title}</h2>
<div class="total"><strong>${formatPoints(round(mean))} of ${formatPoints(points)}</strong> points on average, median
${formatPoints(round(median))}; ${count} graded, ${missing} missing</div>
<table><caption>Shares of the points, after what being late takes off</caption><tbody>${rows}</tbody></table>
${gradeTable(entries, links)}
${itemTable(analyseItems(entries))}
</section>`;
}

function gradeTable(entries: readonly Entry[], { feedbackOf }: SummaryLinks): Html {
  const ids = entries[0].chapter.questions.map(({ id }) => id);
  const rows = entries.map((entry) => {
    const { student, status, penalty, score, questions, notes } = entry;
    const name = plainLine([student.lastName, student.firstName].filter(Boolean).join(', '));
    const scores = ids.map((id) => questions.find((question) => question.id === id)?.score);
    return html`<tr><td class="name"><a href="${feedbackOf(student.id)}">${plainLine(student.id)}</a>${name ? html`<br><span class="soft">${name}</span>` : undefined}</td>
<td class="status${status === 'graded' ? '' : ' open'}">${status}</td>
<td class="number">${status === 'not graded' ? '–' : formatPoints(score)}</td>
<td class="number">${penalty > 0 ? `-${formatPoints(penalty)}` : ''}</td>
${scores.map((points) => html`<td class="number">${points === undefined ? '–' : formatPoints(points)}</td>`)}
<td class="grow">${notes.length > 0 ? list(notes) : ''}</td></tr>`;
  });
  const heads = ['Score', 'Late', ...ids].map((name) => html`<th scope="col" class="number">${name}</th>`);
  return scrolling(
    'Grades',
    html`<table><thead><tr><th scope="col">Student</th><th scope="col">Status</th>${heads}<th scope="col" class="grow">Notes</th></tr></thead>
<tbody>${rows}</tbody></table>`,
  );
}

function itemTable(items: readonly TestItem[]): Html | undefined {
  if (items.length === 0) return undefined;
  const rows = items.map(({ question, title, hidden, count, passed, failures }) => {
    const others = failures.map(({ outcome, count }) => `${count} ${outcome}`).join(', ');
    return html`<tr><td>${question}</td><td class="grow">${plainLine(title)}${hidden ? html` <span class="soft">(hidden)</span>` : undefined}${others ? html`<br><span class="soft">${others}</span>` : undefined}</td>
<td class="number${passed === 0 ? ' open' : ''}">${passed} of ${count}</td><td class="part">${bar(passed / (count || 1))}</td></tr>`;
  });
  return html`<h3>How each test did</h3><p class="soft">A test that nobody passes asks for too much, or for something else than the
text says; one that everybody passes tells nobody apart.</p>${scrolling(
    'Tests',
    html`<table><thead><tr><th scope="col">Question</th><th scope="col" class="grow">Test</th><th scope="col" class="number">Passed</th><th scope="col"></th></tr></thead>
<tbody>${rows}</tbody></table>`,
  )}`;
}

function list(lines: readonly string[]): Html {
  return html`<ul>${lines.map((line) => html`<li>${plainLine(line, { length: 500 })}</li>`)}</ul>`;
}

function round(points: number): number {
  return Number(points.toFixed(2));
}
