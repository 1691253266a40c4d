import { calibrationSection } from './calibration-section';
import { classesSection } from './classes-section';
import { comparisonSection } from './comparison-section';
import { confusionSection } from './confusion-section';
import type { ReportContents } from './contents';
import { curvesSection } from './curves-section';
import { type Html, html } from './html';
import { page, type Section } from './page';
import { confusedPairsSection, mistakesSection } from './pictures-section';
import { robustnessSection } from './robustness-section';
import { summarySection } from './summary-section';

/** An evaluation as one HTML page that stands alone: pictures and charts inside, readable without a network. */
export async function renderReport(contents: ReportContents): Promise<string> {
  const sections: readonly (Omit<Section, 'content'> & { readonly content: Html | undefined })[] = [
    { id: 'comparison', title: 'Against the other model', content: comparisonSection(contents) },
    { id: 'classes', title: 'Each class', content: await classesSection(contents) },
    { id: 'confusion', title: 'Confusion matrix', content: confusionSection(contents) },
    { id: 'pairs', title: 'Most confused pairs', content: confusedPairsSection(contents) },
    { id: 'mistakes', title: 'Most confident mistakes', content: mistakesSection(contents) },
    { id: 'curves', title: 'ROC and precision-recall', content: await curvesSection(contents) },
    { id: 'calibration', title: 'Calibration', content: await calibrationSection(contents) },
    { id: 'robustness', title: 'Robustness', content: await robustnessSection(contents) },
    { id: 'facts', title: 'How this was measured', content: factsSection(contents) },
  ];
  return page({
    title: `${contents.name} on ${contents.test.name}`,
    intro: summarySection(contents),
    sections: sections.flatMap(({ content, ...section }) => (content ? [{ ...section, content }] : [])),
  });
}

function factsSection({ facts }: ReportContents): Html {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
