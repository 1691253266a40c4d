import type * as tf from '@tensorflow/tfjs';
import type { AdamWOptimizer } from '../adamw';
import type { SgdOptimizer } from '../sgd';
import { type OptimizerParts, partsOf, slot } from './binding';
import { attribute, type Graph, type Output, ofFloats, UntraceableError } from './graph';
import type { GraphState, GraphVariable } from './state';
import { sum } from './towers';

/** A trainable variable and the gradient of the loss with respect to it. */
export interface VariableGradient {
  readonly variable: GraphVariable;
  readonly gradient: Output;
}

/** The learning rates that a step is fed: one, but for an optimizer with groups of weights. */
export function learningRatesOf(optimizer: tf.Optimizer): readonly number[] {
  return hasGroups(optimizer) ? optimizer.learningRates : [partsOf(optimizer).learningRate];
}

function hasGroups(optimizer: tf.Optimizer): optimizer is SgdOptimizer {
  return optimizer.getClassName() === 'GroupedSGD'; // not instanceof, which takes any optimizer for any other
}

/** Counts a step that the graph has done, as the optimizer's own `applyGradients` would. */
export function countStep(optimizer: tf.Optimizer): void {
  partsOf(optimizer).incrementIterations();
}

/** The optimizer's own variables, as far as it has made them. */
export function slotsOf(optimizer: tf.Optimizer): tf.Variable[] {
  const { accumulations, accumulatedFirstMoment, accumulatedSecondMoment }: Partial<OptimizerParts> =
    partsOf(optimizer);
  const slots = [accumulations, accumulatedFirstMoment, accumulatedSecondMoment];
  return slots.flatMap((kind) => kind ?? []).map(({ variable }) => variable);
}

/**
 * Adds the nodes that update every variable, one fused operation each: SGD, momentum, Adam or AdamW. The optimizer's own
 * variables (momenta) are made if this is its first step, and live in the graph from then on. Answers the names of the nodes
 * that must run.
 */
export function addUpdates(
  optimizer: tf.Optimizer,
  gradients: readonly VariableGradient[],
  { graph, state, learningRates }: { graph: Graph; state: GraphState; learningRates: readonly Output[] },
): string[] {
  const update = { graph, state, learningRate: learningRates[0], gradients };
  if (hasGroups(optimizer)) {
    const decayed = gradients.map(({ variable, gradient }) => {
      const { index, weightDecay } = optimizer.groupOf(variable.variable.name);
      return {
        variable,
        gradient: addDecay(graph, gradient, { value: variable.value, weightDecay }),
        learningRate: learningRates[index],
      };
    });
    return addMomentum(partsOf(optimizer), { ...update, gradients: decayed });
  }
  const name = optimizer.getClassName();
  if (name === 'AdamW') return addAdam(optimizer, (optimizer as AdamWOptimizer).weightDecay, update);
  if (name === 'Adam') return addAdam(optimizer, 0, update);
  if (name === 'Momentum') return addMomentum(partsOf(optimizer), update);
  if (name === 'SGD') return addSgd(update);
  throw new UntraceableError(
    `the optimizer ${name} has no compiled update; SGD, momentum, Adam and AdamW have`,
  );
}

/** The gradient with a share of the weight added to it. */
function addDecay(
  graph: Graph,
  gradient: Output,
  { value, weightDecay }: { readonly value: Output; readonly weightDecay: number },
): Output {
  if (weightDecay === 0) return gradient;
  const decay = graph.one('Mul', [value, graph.scalar(weightDecay)], { attributes: ofFloats });
  return graph.one('AddV2', [gradient, decay], { attributes: ofFloats });
}

/**
 * The gradients, scaled down together where the length of all of them as one vector is above `clipNorm`: Pascanu et al.,
 * https://arxiv.org/abs/1211.5063
 */
export function clipGradients(
  graph: Graph,
  gradients: readonly VariableGradient[],
  { clipNorm }: { readonly clipNorm: number },
): readonly VariableGradient[] {
  const float = (op: string, ...inputs: Output[]) => graph.one(op, inputs, { attributes: ofFloats });
  const halfSquares = gradients.map(({ gradient }) => float('L2Loss', gradient)); // half the sum of squares
  const norm = float('Sqrt', float('Mul', sum(graph, halfSquares), graph.scalar(2)));
  const scale = float('RealDiv', graph.scalar(clipNorm), float('Maximum', norm, graph.scalar(clipNorm)));
  return gradients.map(({ variable, gradient }) => ({ variable, gradient: float('Mul', gradient, scale) }));
}

interface Update {
  readonly graph: Graph;
  readonly state: GraphState;
  readonly learningRate: Output;
  /** Some with a learning rate of their own. */
  readonly gradients: readonly (VariableGradient & { readonly learningRate?: Output })[];
}

const unlocked = [...ofFloats, attribute.bool('use_locking', false)];

function addSgd({ graph, learningRate, gradients }: Update): string[] {
  return gradients.map(({ variable: { handle, value }, gradient }) =>
    graph.effect('ResourceApplyGradientDescent', [handle, learningRate, gradient], {
      attributes: unlocked,
      after: [value.ref],
    }),
  );
}

function addMomentum(
  { momentum, useNesterov, accumulations }: OptimizerParts,
  { graph, state, learningRate: common, gradients }: Update,
): string[] {
  const attributes = [...unlocked, attribute.bool('use_nesterov', useNesterov)];
  return gradients.map(({ variable: { variable, handle, value }, gradient, learningRate = common }, i) => {
    const accumulation = state.add(slot(accumulations, i, variable, 'momentum'));
    return graph.effect(
      'ResourceApplyMomentum',
      [handle, accumulation.handle, learningRate, gradient, graph.scalar(momentum)],
      { attributes, after: [value.ref, accumulation.value.ref] },
    );
  });
}

function addAdam(
  optimizer: tf.Optimizer,
  weightDecay: number,
  { graph, state, learningRate, gradients }: Update,
): string[] {
  const adam = partsOf(optimizer);
  const float = (op: string, ...inputs: Output[]) => graph.one(op, inputs, { attributes: ofFloats });
  const power1 = state.add(adam.accBeta1);
  const power2 = state.add(adam.accBeta2);
  const [beta1, beta2] = [graph.scalar(adam.beta1), graph.scalar(adam.beta2)];
  // TensorFlow adds its epsilon before the second moment is corrected for its bias, tfjs after.
  const correction = float('Sqrt', float('Sub', graph.scalar(1), power2.value));
  const epsilon = float('Mul', graph.scalar(adam.epsilon), correction);
  const decay = float('Mul', learningRate, graph.scalar(weightDecay));
  const attributes = [...unlocked, attribute.bool('use_nesterov', false)];
  const updates = gradients.map(({ variable: { variable, handle, value }, gradient }, i) => {
    const first = state.add(slot(adam.accumulatedFirstMoment, i, variable, 'm'));
    const second = state.add(slot(adam.accumulatedSecondMoment, i, variable, 'v'));
    const before = [value.ref, first.value.ref, second.value.ref];
    if (weightDecay > 0) {
      const decayed = graph.effect('ResourceApplyGradientDescent', [handle, decay, value], {
        attributes: unlocked,
        after: [value.ref, gradient.ref], // not while the step still computes with it
      });
      before.push(decayed);
    }
    return graph.effect(
      'ResourceApplyAdam',
      [
        ...[handle, first.handle, second.handle, power1.value, power2.value],
        ...[learningRate, beta1, beta2, epsilon, gradient],
      ],
      { attributes, after: before },
    );
  });
  const powers = [
    { power: power1, beta: beta1 },
    { power: power2, beta: beta2 },
  ].map(({ power, beta }) =>
    graph.effect('AssignVariableOp', [power.handle, float('Mul', power.value, beta)], {
      attributes: [attribute.type('dtype', power.value.dtype)],
      after: updates,
    }),
  );
  return [...updates, ...powers];
}
