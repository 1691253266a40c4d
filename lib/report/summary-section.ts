import { confusionInterval, precisionRecallF1, wilsonInterval } from '../evaluation';
import type { ReportContents } from './contents';
import { type Html, html } from './html';
import { decimal, percent, percentRange, whole } from './words';

/** The headline numbers, each with its interval. */
export function summarySection({ test, measurements: { metrics } }: ReportContents): Html {
  const { count, correct, accuracy, loss, lossInterval, topK, matrix } = metrics;
  const macroF1 = confusionInterval(matrix, { metric: (drawn) => precisionRecallF1(drawn).macro.f1 });
  return html`
<p>Of ${whole(count)} test images of ${test.name}, ${whole(correct)} are named right. Intervals hold the truth in 95 of 100
cases: for shares Wilson's, for F1 the bootstrap, for the loss from its spread. Test images are for a last look: choose
settings on validation images.</p>
<dl class="headline">
${headline('accuracy', percent(accuracy), percentRange(wilsonInterval(correct, count)))}
${
  topK.k < matrix.length
    ? headline(
        `top-${topK.k} accuracy`,
        percent(topK.accuracy),
        percentRange(wilsonInterval(topK.correct, count)),
      )
    : undefined
}
${headline('macro F1', percent(macroF1.estimate), percentRange(macroF1))}
${headline('loss, nats', decimal(loss), `${decimal(lossInterval.low)} to ${decimal(lossInterval.high)}`)}
</dl>`;
}

function headline(name: string, value: string, interval: string): Html {
  return html`<div><dt>${name}</dt><dd><strong>${value}</strong><span>${interval}</span></dd></div>`;
}
