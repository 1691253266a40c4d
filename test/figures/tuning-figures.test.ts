import assert from 'node:assert/strict';
import {
  intermediateValuesFigure,
  liveTrials,
  optimizationHistoryFigure,
  parallelCoordinatesFigure,
  parameterImportancesFigure,
  renderPng,
} from '../../lib/figures';
import { createStudy, type Direction, noPruner, randomSampler, type Study } from '../../lib/tuning';
import { fakeNotebook } from './tiny';

/** Four trials of known parameters and values, then a pruned and a failed one. */
function smallStudy(direction: Direction = 'maximize'): Study {
  const study = createStudy({ name: 'a < b', direction, sampler: randomSampler(), pruner: noPruner() });
  const settings = [
    { rate: 0.001, kind: 'sgd', value: 0.2 },
    { rate: 0.01, kind: 'adam', value: 0.5 },
    { rate: 0.1, kind: 'sgd', value: 0.4 },
    { rate: 0.01, kind: 'sgd', value: 0.6 },
    { rate: 0.1, kind: 'adam', value: 'pruned' },
    { rate: 0.1, kind: 'adam', value: 'fail' },
  ] as const;
  for (const { rate, kind, value } of settings) {
    study.enqueue({ rate, kind });
    const trial = study.ask() ?? assert.fail();
    trial.suggestFloat('rate', { low: 0.001, high: 0.1, log: true });
    if (trial.suggestCategorical('kind', ['sgd', 'adam']) === 'sgd') {
      trial.suggestFloat('momentum', { low: 0.5, high: 0.5 });
    }
    trial.report(0.1, { step: 1 });
    if (value !== 'pruned') trial.report(0.15, { step: 2 });
    if (value === 'fail') study.tell(trial, { state: 'fail', reason: 'on purpose' });
    else study.tell(trial, value === 'pruned' ? { state: 'pruned' } : value);
  }
  return study;
}

describe('optimizationHistoryFigure', () => {
  it('draws complete and pruned trials, and the best value so far to the last trial', () => {
    const { data } = optimizationHistoryFigure(smallStudy());
    assert.deepEqual(
      data.map(({ name, x, y }) => [name, x, y]),
      [
        ['complete', [0, 1, 2, 3], [0.2, 0.5, 0.4, 0.6]],
        ['pruned', [4], [0.1]],
        ['best so far', [0, 1, 2, 3, 5], [0.2, 0.5, 0.5, 0.6, 0.6]],
      ],
    );
    assert.equal(data[2].line?.shape, 'hv');
    assert.equal((data[0].text as readonly string[])[1], 'trial 1, rate 0.01, kind adam');
  });

  it('takes the smallest for the best where the study minimizes', () => {
    const { data } = optimizationHistoryFigure(smallStudy('minimize'));
    assert.deepEqual(data[2].y, [0.2, 0.2, 0.2, 0.2, 0.2]);
  });

  it('puts studies side by side by their names, and adds up what trials cost', () => {
    const cost = {
      name: 'reports',
      of: ({ intermediateValues }: { intermediateValues: { size: number } }) => intermediateValues.size,
    };
    const { data, layout } = optimizationHistoryFigure([smallStudy(), smallStudy('minimize')], { cost });
    const lines = data.filter(({ mode }) => mode === 'lines');
    assert.deepEqual(
      lines.map(({ name, x }) => [name, x]),
      [
        ['a &lt; b', [2, 4, 6, 8, 11]],
        ['a &lt; b', [2, 4, 6, 8, 11]],
      ],
    );
    assert.notEqual(lines[0].line?.color, lines[1].line?.color);
    assert.ok(data.every(({ mode, showlegend }) => mode === 'lines' || showlegend === false));
    assert.deepEqual(layout.xaxis?.title, { text: 'reports', standoff: 8 });
  });

  it('can be drawn, empty too', async () => {
    assert.ok((await renderPng(optimizationHistoryFigure(smallStudy()))).length > 8000);
    assert.ok((await renderPng(optimizationHistoryFigure(createStudy()))).length > 2000);
  });
});

describe('parameterImportancesFigure', () => {
  const importances = [
    { name: 'rate', importance: 0.75 },
    { name: 'a<b', importance: 0.25 },
  ];

  it('has the most important parameter on top', () => {
    const [{ x, y, text }] = parameterImportancesFigure(importances).data;
    assert.deepEqual(
      [x, y, text],
      [
        [0.25, 0.75],
        ['a&lt;b', 'rate'],
        ['25 %', '75 %'],
      ],
    );
  });

  it('can be drawn', async () => {
    assert.ok((await renderPng(parameterImportancesFigure(importances))).length > 5000);
  });
});

describe('parallelCoordinatesFigure', () => {
  it('leads each complete trial through its value and its parameters, the best one last', () => {
    const { data, layout } = parallelCoordinatesFigure(smallStudy());
    // value, rate (log), kind, momentum (of one value; only with sgd)
    const rounded = data.map(({ y }) => (y as (number | null)[]).map((at) => at && Number(at.toFixed(6))));
    assert.deepEqual(rounded, [
      [0, 0, 0.25, 0.5],
      [0.5, 1, 0.25, 0.5],
      [0.75, 0.5, 0.75, null],
      [1, 0.5, 0.25, 0.5],
    ]);
    assert.equal(new Set(data.map(({ line }) => line?.color)).size, 4);
    const texts = layout.annotations?.map(({ text }) => text) ?? [];
    for (const text of ['<b>rate</b>', '0.001', '0.01', '0.1', 'sgd', '0.6'])
      assert.ok(texts.includes(text), text);
  });

  it('takes the smallest for the best where the study minimizes', () => {
    const { data } = parallelCoordinatesFigure(smallStudy('minimize'));
    assert.deepEqual((data[3].y as number[])[0], 0);
  });

  it('can be drawn', async () => {
    assert.ok((await renderPng(parallelCoordinatesFigure(smallStudy()))).length > 8000);
  });
});

describe('intermediateValuesFigure', () => {
  it('draws the reports of each trial, with a cross where it was pruned, the best one above all', () => {
    const { data } = intermediateValuesFigure(smallStudy());
    assert.deepEqual(
      data.map(({ name, y }) => [name, y]),
      [
        ['pruned', [0.1]],
        ['complete', [0.1, 0.15]],
        ['complete', [0.1, 0.15]],
        ['complete', [0.1, 0.15]],
        ['best: trial 3', [0.1, 0.15]],
      ],
    );
    assert.deepEqual(data[0].marker?.symbol, ['x']);
    assert.deepEqual(data[4].marker?.symbol, ['circle', 'circle']);
    assert.deepEqual(
      data.map(({ showlegend }) => showlegend),
      [true, true, false, false, true],
    );
  });

  it('can be drawn', async () => {
    assert.ok((await renderPng(intermediateValuesFigure(smallStudy()))).length > 8000);
  });
});

describe('liveTrials', () => {
  it('is one table, replaced after every trial', async () => {
    const { notebook, outputs } = fakeNotebook();
    const study = createStudy({ name: 'rates', direction: 'maximize', sampler: randomSampler() });
    study.enqueue({ rate: 0.25 });
    study.enqueue({ rate: 0.75 });
    const onTrial = liveTrials(study, { trials: 3, notebook, format: (value) => `${100 * value} %` });
    await study.optimize(
      (trial) => {
        const rate = trial.suggestFloat('rate', { low: 0, high: 1 });
        if (trial.number === 2) throw new Error('on purpose');
        return rate;
      },
      { trials: 3, onTrial },
    );
    assert.equal(outputs.length, 1);
    const texts = outputs[0].map(({ bundle }) => String(bundle['text/plain']).split('\n'));
    assert.deepEqual(
      texts.map(([caption]) => caption),
      [
        'rates: 1 of 3 trials, best 25 %',
        'rates: 2 of 3 trials, best 75 %',
        'rates: 3 of 3 trials, best 75 %',
      ],
    );
    assert.match(texts[2][2], /^ +0 {2}complete {2}25 % +0.25/);
    assert.match(texts[2][3], /^ +1 {2}best +75 % +0.75/);
    assert.match(texts[2][4], /^ +2 {2}fail +– /);
    assert.match(String(outputs[0][2].bundle['text/html']), /<td style="text-align: left">best<\/td>/);
  });

  it('shows the last trials of many, and nothing in a plain script', async () => {
    const { notebook, outputs } = fakeNotebook();
    const study = createStudy({ sampler: randomSampler() });
    await study.optimize(({ number }) => number, {
      trials: 5,
      onTrial: liveTrials(study, { rows: 2, notebook }),
    });
    const last = String(outputs[0][4].bundle['text/plain']).split('\n');
    assert.deepEqual([last.length, last[0]], [4, 'study: 5 trials, best 0']);
    liveTrials(study, { notebook: null })(study.trials[0]);
  });
});
