// Multinomial logistic regression by full-batch gradient descent on standardised features, from zero weights: no chance
// enters, and every sum is taken in the order of the rows, so the same task gives the same bits on any machine.
import { scores, softmax } from '../../lib/softmax';
import { Model } from './model';
import { Task } from './task';

/** Mean and standard deviation (population) of each feature; a constant one is scaled by 1. */
export function measure(task: Task): Model {
  const features = task.features.length;
  const rows = task.rows.rows;
  const values = task.rows.values;
  const model = new Model(features, task.classes.length);
  for (let j = 0; j < features; j++) {
    let sum = 0.0;
    for (let i = 0; i < rows; i++) sum += values[i * features + j];
    const mean = sum / rows;
    let squares = 0.0;
    for (let i = 0; i < rows; i++) {
      const difference = values[i * features + j] - mean;
      squares += difference * difference;
    }
    const deviation = Math.sqrt(squares / rows);
    model.mean[j] = mean;
    model.scale[j] = deviation > 0 ? deviation : 1;
  }
  return model;
}

/** Fits weights and bias to the task, whose rows are standardised, and measures the mean log loss of the result. */
export function train(task: Task, model: Model): void {
  const slopes = new StaticArray<f64>(model.weights.length);
  const biasSlopes = new StaticArray<f64>(model.bias.length);
  for (let epoch = 0; epoch < task.epochs; epoch++) {
    slopes.fill(0);
    biasSlopes.fill(0);
    gradient(task, model, slopes, biasSlopes);
    step(task, model, slopes, biasSlopes);
  }
  model.logLoss = gradient(task, model, slopes, biasSlopes);
}

/** Adds every row's gradient of the log loss; returns the mean log loss. */
function gradient(task: Task, model: Model, slopes: StaticArray<f64>, biasSlopes: StaticArray<f64>): f64 {
  const features = task.features.length;
  const classes = task.classes.length;
  const rows = task.rows.values;
  const chances = new StaticArray<f64>(classes);
  let loss = 0.0;
  for (let i = 0; i < task.rows.rows; i++) {
    const first = i * features;
    const label = task.labels[i] as i32;
    scores(rows, first, model.weights, model.bias, features, chances);
    const own = chances[label];
    loss += softmax(chances) - own;
    for (let k = 0; k < classes; k++) {
      const error = unchecked(chances[k]) - (k == label ? 1.0 : 0.0);
      unchecked((biasSlopes[k] += error));
      for (let j = 0; j < features; j++) unchecked((slopes[k * features + j] += error * rows[first + j]));
    }
  }
  return loss / task.rows.rows;
}

/** One step downhill; the penalty pulls weights, not the bias, towards zero. */
function step(task: Task, model: Model, slopes: StaticArray<f64>, biasSlopes: StaticArray<f64>): void {
  const rows = task.rows.rows as f64;
  for (let i = 0; i < model.weights.length; i++) {
    model.weights[i] -= task.learningRate * (slopes[i] / rows + task.l2 * model.weights[i]);
  }
  for (let k = 0; k < model.bias.length; k++) model.bias[k] -= task.learningRate * (biasSlopes[k] / rows);
}
