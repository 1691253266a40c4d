import * as tf from '@tensorflow/tfjs';
import { trainable, withReplaced } from './binding';
import { withGraphDropout } from './dropout';
import { attribute, type Graph, type Output } from './graph';
import { addUpdates, clipGradients } from './optimizers';
import type { GraphState } from './state';
import { mean, type Split, sum, towersOf } from './towers';
import type { Traced, Tracer } from './trace';
import { toTensor } from './values';

/** A traced computation: what it takes and gives. */
export interface Signature {
  readonly inputs: readonly Output[];
  readonly fetches: readonly Output[];
  /** Nodes that must run besides. */
  readonly targets: readonly string[];
}

/** Adds to the graph what `compute` does to tensors. */
export type Trace<T> = (compute: (tracer: Tracer) => T) => Traced<T>;

export interface TrainingStepOptions {
  readonly model: tf.LayersModel;
  readonly graph: Graph;
  readonly state: GraphState;
  readonly trace: <T>(compute: (tracer: Tracer) => T) => Traced<T>;
  readonly prepare?: (xs: tf.Tensor) => tf.Tensor;
  readonly clipNorm?: number;
  /** Number of the step, int32 scalar. */
  readonly step: Output;
  /** Of what dropout drops, int32 scalar. */
  readonly seed: Output;
  /** As `learningRatesOf` orders them, float32 scalars. */
  readonly learningRates: readonly Output[];
  /** How the batch is split, and how many parts are computed at a time. */
  readonly split: Split;
  readonly lanes: number;
}

/**
 * Adds a whole training step to the graph: the forward pass of each part of the batch, its gradients, their sum, and the
 * update of every weight. `inputs` are images and targets; it gives the loss and the metrics, from before the update.
 */
export function traceTrainingStep(inputs: readonly Output[], options: TrainingStepOptions): Signature {
  const { model, graph, state, clipNorm, learningRates, lanes } = options;
  const towers = towersOf(graph, inputs, options.split);
  const traced: ReturnType<typeof traceTower>[] = [];
  for (const [i, tower] of towers.entries()) {
    const before = traced[i - lanes]?.gradients.map(({ gradient }) => gradient) ?? [];
    traced.push(traceTower(tower.inputs(before), { ...options, share: tower.share, part: `tower ${i}` }));
  }
  const [{ gradients, metrics, assigned }] = traced;
  const ofAll = <T>(pick: (tower: (typeof traced)[number]) => T): T[] => traced.map(pick);

  const summed = gradients.map(({ variable }, i) => ({
    variable: state.add(variable),
    gradient: sum(
      graph,
      ofAll((tower) => tower.gradients[i].gradient),
    ),
  }));
  const clipped = clipNorm === undefined ? summed : clipGradients(graph, summed, { clipNorm });
  const targets = addUpdates(model.optimizer, clipped, { graph, state, learningRates });
  for (const variable of assigned.keys()) {
    const { handle, value } = state.add(variable);
    const news = ofAll((tower) => tower.assigned.get(variable) as Output);
    const attributes = [attribute.type('dtype', value.dtype)];
    const next = mean(graph, news, towers);
    targets.push(graph.effect('AssignVariableOp', [handle, next], { attributes, after: [value.ref] }));
  }
  const loss = sum(
    graph,
    ofAll((tower) => tower.loss),
  );
  const measured = metrics.map((_, i) => {
    const values = ofAll((tower) => tower.metrics[i]);
    return mean(graph, values, towers);
  });
  return { inputs, fetches: [loss, ...measured], targets };
}

/** One part of the batch: its part of the loss and of its gradients, both to be added up, and its metrics. */
function traceTower(
  [x, y]: readonly Output[],
  {
    model,
    trace,
    prepare,
    step,
    seed,
    share,
    part,
  }: TrainingStepOptions & { readonly share: number; readonly part: string },
) {
  const gradients: { variable: tf.Variable; gradient: Output }[] = [];
  const { result, assigned } = trace((tracer) => {
    // In the place of the optimizer's: gradients are only noted, since the updates are nodes of their own.
    const minimize: tf.Optimizer['minimize'] = (loss, _returnCost, variables = []) => {
      const shareOfLoss = () => (share === 1 ? loss() : tf.mul<tf.Scalar>(loss(), share));
      const { value, grads } = tf.variableGrads(shareOfLoss, variables);
      for (const variable of variables) {
        const gradient = grads[variable.name];
        if (gradient) gradients.push({ variable, gradient: tracer.output(gradient) });
      }
      return value;
    };
    const images = prepare ? prepare(toTensor(tracer, x)) : toTensor(tracer, x);
    const train = trainable(model).makeTrainFunction();
    const outputs = withReplaced<Partial<tf.Optimizer>, tf.Tensor[]>(model.optimizer, { minimize }, () =>
      withGraphDropout(tracer, { seed, step, part }, () => train([images, tracer.tensor(y)])),
    );
    const [loss, ...metrics] = outputs.map(tracer.output);
    tf.dispose(outputs);
    return { loss, metrics };
  });
  return { ...result, gradients, assigned };
}
