import * as tf from '@tensorflow/tfjs';
import type { AdamWOptimizer } from '../adamw';
import { type OptimizerParts, partsOf, type Slot } from './binding';
import { attribute, type Graph, type Output, ofFloats, UntraceableError } from './graph';
import type { GraphState, GraphVariable } from './state';

/** A trainable variable and the gradient of the loss with respect to it. */
export interface VariableGradient {
  readonly variable: GraphVariable;
  readonly gradient: Output;
}

/** What a step needs to know of an optimizer besides its update. */
export function learningRateOf(optimizer: tf.Optimizer): number {
  return partsOf(optimizer).learningRate;
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
  { graph, state, learningRate }: { graph: Graph; state: GraphState; learningRate: Output },
): string[] {
  const update = { graph, state, learningRate, gradients };
  const name = optimizer.getClassName(); // not instanceof, which takes any optimizer for any other
  if (name === 'AdamW') return addAdam(optimizer, (optimizer as AdamWOptimizer).weightDecay, update);
  if (name === 'Adam') return addAdam(optimizer, 0, update);
  if (name === 'Momentum') return addMomentum(partsOf(optimizer), update);
  if (name === 'SGD') return addSgd(update);
  throw new UntraceableError(
    `the optimizer ${name} has no compiled update; SGD, momentum, Adam and AdamW have`,
  );
}

interface Update {
  readonly graph: Graph;
  readonly state: GraphState;
  readonly learningRate: Output;
  readonly gradients: readonly VariableGradient[];
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
  { graph, state, learningRate, gradients }: Update,
): string[] {
  const attributes = [...unlocked, attribute.bool('use_nesterov', useNesterov)];
  return gradients.map(({ variable: { variable, handle, value }, gradient }, i) => {
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

/** The optimizer's i-th variable of one kind, made of zeros where it has none yet. */
function slot(slots: Slot[], i: number, variable: tf.Variable, kind: string): tf.Variable {
  slots[i] ??= {
    originalName: `${variable.name}/${kind}`,
    variable: tf.tidy(() => tf.zerosLike(variable).variable(false)),
  };
  return slots[i].variable;
}
