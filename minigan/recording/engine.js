/* The arithmetic of one recorded step, once more.

   Matrix products are rounded to the precision of the run after each addition, as Python's
   are; all else is in double precision. Nothing here knows of the page. What Python recorded comes in, every value of the step
   comes out, in the order and under the names of `trainer.trace_step()`:

     G0.y    what layer 0 of G answers        D2.dx   the gradient that layer 2 of D passes on
     D0.dW   the gradient of its weights      D0.W    the weights after the update            */
"use strict";

const KINDS = { f4: Float32Array, f8: Float64Array, u2: Uint16Array, u1: Uint8Array };

/** The numbers in a base64 text, little-endian. */
function decode(text, kind) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new KINDS[kind](bytes.buffer);
}

/** Cut the numbers of a recorded step into its arrays, as `layout` names them. */
function unpack(numbers, layout) {
  const parts = {};
  let at = 0;
  for (const [name, size] of layout) {
    parts[name] = Float64Array.from(numbers.subarray(at, at + size));
    at += size;
  }
  return parts;
}

const matrix = (rows, cols, data) => ({ rows, cols, data: data ?? new Float64Array(rows * cols) });
const sigmoid = (s) => (s > 0 ? 1 / (1 + Math.exp(-s)) : Math.exp(s) / (1 + Math.exp(s)));
const softplus = (s) => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)));
let round = (x) => x; // to the precision of the run
const isDense = (layer) => layer.kind === "Dense";

/** W and b of a Dense layer: views on the vector of all parameters. */
const weights = (layer, theta) =>
  matrix(layer.inputs, layer.units, theta.subarray(layer.W, layer.W + layer.inputs * layer.units));
const biases = (layer, theta) => matrix(1, layer.units, theta.subarray(layer.b, layer.b + layer.units));

/** y = x W + b */
function denseForward(x, W, b) {
  const y = matrix(x.rows, W.cols);
  for (let n = 0; n < x.rows; n++)
    for (let j = 0; j < W.cols; j++) {
      let sum = 0;
      for (let k = 0; k < W.rows; k++) sum = round(sum + x.data[n * x.cols + k] * W.data[k * W.cols + j]);
      y.data[n * W.cols + j] = round(sum + b.data[j]);
    }
  return y;
}

/** dx = dy W^T */
function denseDx(dy, W) {
  const dx = matrix(dy.rows, W.rows);
  for (let n = 0; n < dy.rows; n++)
    for (let k = 0; k < W.rows; k++) {
      let sum = 0;
      for (let j = 0; j < W.cols; j++) sum = round(sum + dy.data[n * W.cols + j] * W.data[k * W.cols + j]);
      dx.data[n * W.rows + k] = sum;
    }
  return dx;
}

/** dW += x^T dy and db += sum of dy, into the vector of all gradients. */
function denseGradients(layer, x, dy, gradient) {
  const dW = weights(layer, gradient), db = biases(layer, gradient);
  for (let n = 0; n < x.rows; n++)
    for (let j = 0; j < dy.cols; j++) {
      const d = dy.data[n * dy.cols + j];
      db.data[j] += d;
      for (let k = 0; k < x.cols; k++) {
        const at = k * dW.cols + j;
        dW.data[at] = round(dW.data[at] + x.data[n * x.cols + k] * d);
      }
    }
}

const relu = (x) => matrix(x.rows, x.cols, x.data.map((value) => Math.max(value, 0)));
const reluBackward = (dy, y) =>
  matrix(dy.rows, dy.cols, dy.data.map((d, i) => (y.data[i] > 0 ? d : 0)));

/** The value of a network, and those of all its layers on the way. */
function forward(layers, theta, x) {
  const values = [x];
  for (const layer of layers) {
    const last = values[values.length - 1];
    values.push(isDense(layer) ? denseForward(last, weights(layer, theta), biases(layer, theta)) : relu(last));
  }
  return values;
}

const last = (list) => list[list.length - 1];

/** Recomputes a recorded step: its values in order, and how far they are from Python's. */
class Step {
  constructor(model, moment) {
    round = model.binary === "f4" ? Math.fround : (x) => x;
    this.model = model;
    this.entries = [];
    this.checks = [];
    this.recorded = moment;
    this.theta = { G: moment.theta_G.slice(), D: moment.theta_D.slice() };
    this.m = { G: moment.m_G.slice(), D: moment.m_D.slice() };
    this.v = { G: moment.v_G.slice(), D: moment.v_D.slice() };
    this.t = { G: moment.t_G, D: moment.t_D };
    this.before = { G: moment.theta_G, D: moment.theta_D };
    this.discriminatorStep();
    this.between = { theta: this.theta.D.slice() };
    this.generatorStep();
  }

  /** Keep a value: where it belongs, its name, the formula that made it, and what went in. */
  keep(phase, name, value, op, args = {}) {
    const entry = { phase, name, value, op, args };
    this.entries.push(entry);
    return entry;
  }

  /** Compare with what Python recorded; of long vectors every `stride`-th number. */
  check(phase, name, numbers, entry) {
    const python = this.recorded[`${phase} ${name}`];
    const stride = python.length === numbers.length ? 1 : Math.ceil(numbers.length / this.model.compared);
    let scale = 0, worst = 0;
    for (const value of python) scale = Math.max(scale, Math.abs(value));
    python.forEach((value, k) => { worst = Math.max(worst, Math.abs(numbers[k * stride] - value)); });
    const difference = scale > 0 ? worst / scale : worst;
    this.checks.push({ phase, name, count: python.length, difference });
    if (entry) Object.assign(entry, { python, stride });
    return { python, stride };
  }

  forward(phase, player, layers, x) {
    const theta = this.theta[player], values = forward(layers, theta, x);
    layers.forEach((layer, k) => {
      const name = `${player}${k}.y`;
      if (isDense(layer)) {
        const W = { ...weights(layer, theta.slice()) }, b = biases(layer, theta.slice());
        this.keep(phase, name, values[k + 1], "dense_forward", { x: values[k], W, b });
      } else this.keep(phase, name, values[k + 1], "relu_forward", { x: values[k] });
    });
    return values;
  }

  /** The gradients of a player's parameters if it learns; returns dx if it is wanted. */
  backward(phase, player, layers, values, dy, { learns, wanted }) {
    const theta = this.theta[player], gradient = new Float64Array(theta.length);
    for (let k = layers.length - 1; k >= 0; k--) {
      const layer = layers[k], name = `${player}${k}`;
      if (!isDense(layer)) {
        const dx = reluBackward(dy, values[k + 1]);
        this.keep(phase, `${name}.dx`, dx, "relu_backward", { dy, y: values[k + 1] });
        dy = dx;
        continue;
      }
      if (learns) {
        denseGradients(layer, values[k], dy, gradient);
        const args = { x: values[k], dy, player, layer };
        this.keep(phase, `${name}.dW`, weights(layer, gradient), "dense_dW", { ...args, at: layer.W });
        this.keep(phase, `${name}.db`, biases(layer, gradient), "dense_db", { ...args, at: layer.b });
      }
      if (k > 0 || wanted) {
        const W = weights(layer, theta.slice()), dx = denseDx(dy, W);
        this.keep(phase, `${name}.dx`, dx, "dense_dx", { dy, W });
        dy = dx;
      }
    }
    if (learns) this.compareVector(phase, "gradient", gradient, (e) => e.op === "dense_dW" || e.op === "dense_db");
    return learns ? gradient : dy;
  }

  /** Compare a vector of all parameters, and tell its entries where Python's numbers are. */
  compareVector(phase, name, vector, belongs) {
    const { python, stride } = this.check(phase, name, vector);
    for (const entry of this.entries)
      if (entry.phase === phase && belongs(entry)) Object.assign(entry, { python, stride, offset: entry.args.at });
  }

  /** The binary cross-entropy of logits s with one label t, and its gradient. */
  loss(phase, score, t, name) {
    const losses = score.data.map((s) => softplus(s) - s * t);
    const value = matrix(1, 1, Float64Array.of(mean(losses)));
    this.check(phase, name, value.data, this.keep(phase, name, value, "bce_logits_forward", { score, t }));
    const d = score.data.map((s) => (sigmoid(s) - t) / score.rows);
    const dscore = matrix(score.rows, 1, d);
    this.keep(phase, "dscore", dscore, "bce_logits_backward", { score, t });
    return dscore;
  }

  /** One step of Adam: the moments, then the parameters. */
  adam(phase, player, gradient) {
    const rule = this.model.optimizers[player], t = (this.t[player] += 1);
    const root = Math.sqrt(1 - rule.beta_2 ** t);
    const alpha = (rule.learning_rate * root) / (1 - rule.beta_1 ** t);
    const epsilon = rule.epsilon * (rule.corrected ? root : 1);
    const old = { m: this.m[player], v: this.v[player], theta: this.theta[player] };
    const m = old.m.map((value, i) => rule.beta_1 * value + (1 - rule.beta_1) * gradient[i]);
    const v = old.v.map((value, i) => rule.beta_2 * value + (1 - rule.beta_2) * gradient[i] ** 2);
    const theta = old.theta.map((value, i) => value - (alpha * m[i]) / (Math.sqrt(v[i]) + epsilon));
    Object.assign(this.m, { [player]: m });
    Object.assign(this.v, { [player]: v });
    Object.assign(this.theta, { [player]: theta });
    const args = { gradient, old, m, v, alpha, epsilon, rule, t };
    for (const [vector, values] of Object.entries({ m, v, theta }))
      this.model.networks[player].forEach((layer, k) => {
        if (!isDense(layer)) return;
        const name = vector === "theta" ? "" : `${vector} of `;
        const op = `adam_${vector}`;
        this.keep(phase, `${name}${player}${k}.W`, weights(layer, values), op, { ...args, at: layer.W });
        this.keep(phase, `${name}${player}${k}.b`, biases(layer, values), op, { ...args, at: layer.b });
      });
    this.compareVector(phase, "theta", theta, (e) => e.op === "adam_theta");
  }

  discriminatorStep() {
    const { G, D } = this.model.networks, { real_rows: n, latent_dim: latent } = this.model;
    const z = matrix(n, latent, this.recorded.z_D), real = matrix(n, 2, this.recorded.real);
    this.keep("D fakes", "z", z, "standard_normal");
    const fake = last(this.forward("D fakes", "G", G, z));
    this.keep("D real", "real", real, this.model.source);
    this.teach("D real", real, 1, "real_score", "real_loss", D);
    this.teach("D fakes", fake, 0, "fake_score", "fake_loss", D);
    this.real = real;
    this.shown = fake;
  }

  /** One lesson of D: rows that are all real (t = 1) or all fake (t = 0), and an update. */
  teach(phase, rows, t, scored, lost, layers) {
    const values = this.forward(phase, "D", layers, rows), score = last(values);
    this.check(phase, scored, score.data, last(this.entries));
    const dscore = this.loss(phase, score, t, lost);
    const gradient = this.backward(phase, "D", layers, values, dscore, { learns: true, wanted: false });
    this.adam(phase, "D", gradient);
  }

  generatorStep() {
    const { G, D } = this.model.networks, { fake_rows: n, latent_dim: latent } = this.model, phase = "G";
    const z = matrix(n, latent, this.recorded.z_G);
    this.keep(phase, "z", z, "standard_normal");
    const made = this.forward(phase, "G", G, z), fake = last(made);
    this.check(phase, "fake", fake.data, last(this.entries));
    const judged = this.forward(phase, "D", D, fake), score = last(judged);
    this.check(phase, "score", score.data, last(this.entries));
    const dscore = this.loss(phase, score, 1, "loss");
    const dfake = this.backward(phase, "D", D, judged, dscore, { learns: false, wanted: true });
    this.check(phase, "dfake", dfake.data, last(this.entries));
    const gradient = this.backward(phase, "G", G, made, dfake, { learns: true, wanted: false });
    this.adam(phase, "G", gradient);
    Object.assign(this, { z, fake, dfake });
    this.moved = last(forward(G, this.theta.G, z));
  }

  /** The largest difference of all that was compared, relative to its array's largest. */
  get worst() {
    return this.checks.reduce((a, b) => (b.difference >= a.difference ? b : a));
  }

  get compared() {
    return this.checks.reduce((sum, check) => sum + check.count, 0);
  }
}

/** D(x) = sigmoid of the score on a grid over the view, its lowest row first. */
function field(layers, theta, [left, right, bottom, top], columns, rows) {
  const points = matrix(rows * columns, 2);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const at = 2 * (r * columns + c);
      points.data[at] = left + ((c + 0.5) * (right - left)) / columns;
      points.data[at + 1] = bottom + ((r + 0.5) * (top - bottom)) / rows;
    }
  return last(forward(layers, theta, points)).data.map(sigmoid);
}

/** The terms whose sum is element (i, j) of a value: [name, number, times, number]. */
function terms(entry, i, j) {
  const { op, args } = entry, found = [];
  const get = (m, r, c) => m.data[r * m.cols + c];
  if (op === "dense_forward") {
    for (let k = 0; k < args.x.cols; k++)
      found.push([`x[${i},${k}] W[${k},${j}]`, get(args.x, i, k), get(args.W, k, j)]);
    found.push([`b[${j}]`, args.b.data[j], 1]);
  } else if (op === "dense_dx") {
    for (let k = 0; k < args.W.cols; k++)
      found.push([`dy[${i},${k}] W[${j},${k}]`, get(args.dy, i, k), get(args.W, j, k)]);
  } else if (op === "dense_dW") {
    for (let n = 0; n < args.x.rows; n++)
      found.push([`x[${n},${i}] dy[${n},${j}]`, get(args.x, n, i), get(args.dy, n, j)]);
  } else if (op === "dense_db") {
    for (let n = 0; n < args.dy.rows; n++) found.push([`dy[${n},${j}]`, get(args.dy, n, j), 1]);
  }
  return found;
}

/** The numbers that go into element (i, j) where it is no sum: name -> number. */
function ingredients(entry, i, j) {
  const { op, args, value } = entry, k = i * value.cols + j;
  if (op === "relu_forward") return { x: args.x.data[k] };
  if (op === "relu_backward") return { dy: args.dy.data[k], y: args.y.data[k] };
  if (op === "bce_logits_backward")
    return { s: args.score.data[k], "σ(s)": sigmoid(args.score.data[k]), t: args.t, N: args.score.rows };
  if (op === "bce_logits_forward") return { t: args.t, N: args.score.rows, "mean s": mean(args.score.data) };
  if (op.startsWith("adam")) {
    const at = args.at + k, { rule, old } = args;
    if (op === "adam_m") return { "β₁": rule.beta_1, "m before": old.m[at], g: args.gradient[at] };
    if (op === "adam_v") return { "β₂": rule.beta_2, "v before": old.v[at], g: args.gradient[at] };
    return { "θ before": old.theta[at], α: args.alpha, m: args.m[at], v: args.v[at], ε: args.epsilon, t: args.t };
  }
  return {};
}

const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

/** What Python recorded of element (i, j), or undefined where only others were kept. */
function recordedBy(entry, i, j) {
  if (!entry.python) return undefined;
  const k = (entry.offset ?? 0) + i * entry.value.cols + j;
  return k % entry.stride ? undefined : entry.python[k / entry.stride];
}

const Engine = { decode, unpack, forward, field, terms, ingredients, recordedBy, sigmoid, matrix, Step };
if (typeof module !== "undefined") module.exports = Engine;
