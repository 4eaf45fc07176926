/* Shows a recorded run: plays it, takes steps, draws, and explains every number. */
"use strict";

const $ = (id) => document.getElementById(id);
const DATA = JSON.parse($("data").textContent);
const { model, runs, layout, code } = DATA;
const DENSE = runs[0].frames, LAST = DENSE.length - 1, LN2 = Math.log(2);
const MOMENTS = runs[0].moments.map((moment) => moment.step);
const PHASES = [["D real", "D on real rows"], ["D fakes", "D on fakes"], ["G", "G through the frozen D"]];
const state = { frame: 0, phase: 0, playing: false, run: 0, part: "D real", entry: null, row: 0,
  at: [0, 0], cell: null, gradients: false };

// ---- data ---------------------------------------------------------------------------

for (const run of runs) {
  for (const [name, kind] of [["real", "u2"], ["points", "u2"], ["fields", "u1"]]) run[name] = Engine.decode(run[name], kind);
  for (const name of ["d_loss", "g_loss"]) run.losses[name] = Engine.decode(run.losses[name], "f4");
  run.steps = new Map();
}

const place = (value, k) => {  // of a number of 16 bits, as `film.py` writes it
  const [left, right, bottom, top] = model.view, share = (value / 65535) * 2 - 0.5;
  return k ? bottom + share * (top - bottom) : left + share * (right - left);
};
const points = (packed, from, count) =>
  Array.from({ length: count }, (_, n) => [place(packed[2 * (from + n)], 0), place(packed[2 * (from + n) + 1], 1)]);
const pairs = (value) => Array.from({ length: value.rows }, (_, n) => [value.data[2 * n], value.data[2 * n + 1]]);

/** A recorded step of a run, computed anew; undefined where none is recorded. */
function stepOf(run, number) {
  const moment = run.moments.find((m) => m.step === number);
  if (!moment) return undefined;
  if (!run.steps.has(number)) {
    const arrays = Engine.unpack(Engine.decode(moment.data, model.binary), layout);
    if (run.steps.size > 6) run.steps.delete(run.steps.keys().next().value);
    run.steps.set(number, new Engine.Step(model, { ...arrays, t_G: moment.t_G, t_D: moment.t_D }));
  }
  return run.steps.get(number);
}

const trained = () => DENSE[state.frame];
const current = (run) => stepOf(run, trained());

// ---- colours and numbers -----------------------------------------------------------------

const dark = matchMedia("(prefers-color-scheme: dark)");
const colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "ink", "faint", "line", "soft", "real", "fake"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
  for (const name of ["real", "fake"]) {
    const bits = parseInt(colours[name].slice(1), 16);
    colours[`${name}Bits`] = [bits >> 16, (bits >> 8) & 255, bits & 255];
  }
}
/** The diverging scale: a share in [-1, 1] as a colour over the paper. */
const tint = (share, most = 0.75) => {
  const [r, g, b] = share > 0 ? colours.realBits : colours.fakeBits;
  return `rgba(${r},${g},${b},${(Math.min(1, Math.abs(share)) * most).toFixed(3)})`;
};
function shown(value, digits = 5) {
  if (value === 0) return "0";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(digits))) : value.toExponential(digits - 2);
}
const grouped = (number) => number.toLocaleString("en-US");

/** A canvas of this many CSS pixels, ready to draw on. */
function prepare(canvas, height) {
  const width = canvas.clientWidth || 300, ratio = window.devicePixelRatio || 1;
  const h = typeof height === "function" ? height(width) : height;
  canvas.style.height = `${h}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(h * ratio);
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, h);
  return { g, width, height: h };
}

// ---- the plane -----------------------------------------------------------------------------

/** What the plane shows now: D's field, rows, fakes, and arrows. */
function scene(run) {
  const step = current(run), times = model.networks.D[0].units > 40 ? 2 : 3, size = model.grid.map((n) => n * times);
  if (!step) {
    const n = model.grid[0] * model.grid[1], shownPoints = run.real.length / 2;
    return {
      size: model.grid,
      field: Float64Array.from(run.fields.subarray(state.frame * n, (state.frame + 1) * n), (v) => v / 255),
      real: points(run.real, 0, shownPoints),
      fakes: points(run.points, state.frame * shownPoints, shownPoints),
    };
  }
  const theta = state.phase === 0 ? step.before.D : step.theta.D;
  const found = { size, field: Engine.field(model.networks.D, theta, model.view, ...size), real: pairs(step.real) };
  if (state.phase === 0) found.fakes = pairs(step.shown);
  else if (state.phase === 1) Object.assign(found, { fakes: pairs(step.fake), arrows: pairs(step.dfake) });
  else Object.assign(found, { fakes: pairs(step.moved), from: pairs(step.fake) });
  return found;
}

function drawPlane(run, figure) {
  const { g, width, height } = prepare(figure.plane, (w) => 0.75 * w);
  const { size, field, real, fakes, arrows, from } = scene(run);
  const [left, right, bottom, top] = model.view;
  const x = (value) => ((value - left) / (right - left)) * width;
  const y = (value) => (1 - (value - bottom) / (top - bottom)) * height;
  let low = 1, high = 0;
  for (const value of field) { low = Math.min(low, value); high = Math.max(high, value); }
  const range = Math.max(0.5 - low, high - 0.5, 1e-9);
  const [columns, rows] = size, image = new ImageData(columns, rows);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const share = (field[r * columns + c] - 0.5) / range, at = 4 * ((rows - 1 - r) * columns + c);
      const bits = share > 0 ? colours.realBits : colours.fakeBits;
      image.data.set([...bits, Math.round(Math.min(1, Math.abs(share)) * 120)], at);
    }
  const small = document.createElement("canvas");
  small.width = columns;
  small.height = rows;
  small.getContext("2d").putImageData(image, 0, 0);
  g.imageSmoothingQuality = "high";
  g.drawImage(small, 0, 0, width, height);
  drawHalf(g, field, size, range, width, height);
  const dot = Math.max(2, width / 170);
  g.lineWidth = 1.4;
  g.strokeStyle = colours.real;
  for (const [a, b] of real) circle(g, x(a), y(b), dot * 1.1).stroke();
  g.fillStyle = colours.fake;
  if (from) {
    g.globalAlpha = 0.3;
    for (const [a, b] of from) circle(g, x(a), y(b), dot).fill();
    g.globalAlpha = 1;
  }
  for (const [a, b] of fakes) circle(g, x(a), y(b), dot).fill();
  if (arrows) drawArrows(g, fakes, arrows, x, y, width);
  figure.range.textContent = `D from ${low.toFixed(3)} to ${high.toFixed(3)}`;
  const outside = fakes.filter(([a, b]) => a < left || a > right || b < bottom || b > top).length;
  const words = ["before the step", "after D's step, with arrows where the fakes will move", "after G's step"];
  figure.plane.setAttribute("aria-label",
    `Seed ${run.seed}, after ${trained()} steps${current(run) ? `, ${words[state.phase]}` : ""}: ` +
    `${real.length} real rows, ${fakes.length} fakes${outside ? `, ${outside} of them outside the picture` : ""}; ` +
    `D answers from ${low.toFixed(2)} to ${high.toFixed(2)}`);
  figure.outside.textContent = outside ? `${outside} ${outside === 1 ? "fake" : "fakes"} outside` : "";
}

function circle(g, x, y, radius) {
  g.beginPath();
  g.arc(x, y, radius, 0, 2 * Math.PI);
  return g;
}

/** The line where D answers 1/2, cell by cell of the grid. */
function drawHalf(g, field, [columns, rows], range, width, height) {
  const wide = width / columns, high = height / rows, at = (r, c) => field[r * columns + c] - 0.5;
  g.beginPath();
  for (let r = 0; r + 1 < rows; r++)
    for (let c = 0; c + 1 < columns; c++) {
      const v = [at(r, c), at(r, c + 1), at(r + 1, c + 1), at(r + 1, c)];
      if (Math.max(...v.map(Math.abs)) < 0.01 * range) continue; // as good as flat
      const corners = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]], cuts = [];
      for (let k = 0; k < 4; k++) {
        const a = v[k], b = v[(k + 1) % 4];
        if (a > 0 === b > 0) continue;
        const t = a / (a - b), [p, q] = corners[k], [s, u] = corners[(k + 1) % 4];
        cuts.push([(p + t * (s - p) + 0.5) * wide, height - (q + t * (u - q) + 0.5) * high]);
      }
      for (let k = 0; k + 1 < cuts.length; k += 2) {
        g.moveTo(...cuts[k]);
        g.lineTo(...cuts[k + 1]);
      }
    }
  g.strokeStyle = colours.ink;
  g.lineWidth = 1.5;
  g.stroke();
}

/** From each fake, against its gradient; the long ones are about 30 pixels. */
function drawArrows(g, fakes, gradients, x, y, width) {
  const unit = width / (model.view[1] - model.view[0]);
  const lengths = gradients.map(([a, b]) => Math.hypot(a, b)).sort((p, q) => p - q);
  const long = lengths[Math.floor(0.9 * (lengths.length - 1))] || 1, scale = Math.min(30, width / 11) / (long * unit);
  g.strokeStyle = g.fillStyle = colours.ink;
  g.lineWidth = 1;
  fakes.forEach(([a, b], n) => {
    let dx = -gradients[n][0] * unit * scale, dy = gradients[n][1] * unit * scale;
    const length = Math.hypot(dx, dy), cut = Math.min(1, 45 / length);
    if (length < 1) return;
    dx *= cut; dy *= cut;
    const px = x(a) + dx, py = y(b) + dy, turn = Math.atan2(dy, dx), head = Math.min(5, 1 + length / 4);
    g.beginPath();
    g.moveTo(x(a), y(b));
    g.lineTo(px, py);
    g.stroke();
    g.beginPath();
    g.moveTo(px, py);
    g.lineTo(px - head * Math.cos(turn - 0.45), py - head * Math.sin(turn - 0.45));
    g.lineTo(px - head * Math.cos(turn + 0.45), py - head * Math.sin(turn + 0.45));
    g.fill();
  });
}

// ---- the losses ----------------------------------------------------------------------------

function drawLosses(run, figure) {
  const { g, width, height } = prepare(figure.losses, 150), { steps, d_loss, g_loss } = run.losses;
  const inner = [34, width - 8, 10, height - 22], ordered = [...d_loss, ...g_loss].sort((a, b) => a - b);
  const most = Math.max(1.1, 1.1 * ordered[Math.floor(0.985 * (ordered.length - 1))]);
  const x = (step) => inner[0] + (step / run.total) * (inner[1] - inner[0]);
  const y = (loss) => inner[3] - (Math.min(loss, most) / most) * (inner[3] - inner[2]);
  g.font = "11px system-ui, sans-serif";
  g.fillStyle = colours.faint;
  g.strokeStyle = colours.line;
  g.lineWidth = 1;
  for (const loss of [0, 1, 2, 3, 4, 6, 8].filter((value) => value <= most)) {
    g.fillText(String(loss), 8, y(loss) + 4);
    line(g, inner[0], y(loss), inner[1], y(loss));
  }
  g.fillText("0", inner[0] - 3, height - 7);
  const end = `${grouped(run.total)} steps`;
  g.fillText(end, inner[1] - g.measureText(end).width, height - 7);
  g.setLineDash([4, 3]);
  g.strokeStyle = colours.ink;
  line(g, inner[0], y(LN2), inner[1], y(LN2));
  g.setLineDash([]);
  for (const [curve, colour] of [[g_loss, colours.fake], [d_loss, colours.real]]) {
    g.strokeStyle = colour;
    g.lineWidth = 1.3;
    g.beginPath();
    steps.forEach((step, k) => g[k ? "lineTo" : "moveTo"](x(step), y(curve[k])));
    g.stroke();
  }
  g.fillStyle = colours.ink;
  g.fillText("ln 2", 6, y(LN2) + (y(LN2) < y(1) + 12 ? 12 : 4));
  g.strokeStyle = colours.ink;
  g.lineWidth = 1.5;
  line(g, x(trained()), inner[2] - 4, x(trained()), inner[3]);
  const k = Math.max(0, steps.findIndex((step) => step >= trained()));
  figure.lossText.innerHTML = `<span style="color:var(--real)">D's loss ${d_loss[k].toFixed(3)}</span>` +
    `<span style="color:var(--fake)">G's loss ${g_loss[k].toFixed(3)}</span><span>dashed: ln 2 = 0.693</span>`;
  figure.losses.setAttribute("aria-label", `Losses of seed ${run.seed}: near step ${trained()}, D's ` +
    `${d_loss[k].toFixed(3)} and G's ${g_loss[k].toFixed(3)}; in balance both are 0.693`);
}

function line(g, a, b, c, d) {
  g.beginPath();
  g.moveTo(a, b);
  g.lineTo(c, d);
  g.stroke();
}

// ---- the runs, side by side ----------------------------------------------------------------

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const figures = runs.map((run) => {
  const plane = element("canvas", { role: "img", class: "plane" });
  const losses = element("canvas", { role: "img", class: "losses" });
  const range = element("span"), outside = element("span"), lossText = element("p", { class: "legend" });
  const { name, healthy, meaning, reason, remedy } = run.verdict;
  const verdict = element("div", { class: `verdict ${healthy ? "good" : "bad"}` },
    element("strong", {}, `The monitor after ${grouped(run.total)} steps says "${name}"`), `: ${meaning}: ${reason}. `,
    element("span", { class: "faint" }, `Remedy: ${remedy}.`));
  const legend = element("p", { class: "legend" },
    element("span", {}, element("span", { class: "swatch real" }), " real"),
    element("span", {}, element("span", { class: "swatch fake" }), " fake"),
    element("span", {}, "D: fake ", element("span", { class: "scale", "aria-hidden": "true" }), " real"), range, outside);
  losses.addEventListener("click", (event) => {
    const share = (event.offsetX - 34) / (losses.clientWidth - 42), step = share * run.total;
    let best = 0;
    DENSE.forEach((s, k) => { if (Math.abs(s - step) < Math.abs(DENSE[best] - step)) best = k; });
    go(best);
  });
  const section = element("section", { class: runs.length > 1 ? "run" : "run alone", "aria-label": `Seed ${run.seed}` },
    element("h2", {}, `Seed ${run.seed} `, element("small", {}, name)),
    element("div", {}, plane, legend), element("div", {}, losses, lossText, verdict));
  $("runs").append(section);
  return { plane, losses, range, outside, lossText };
});

// ---- moving ---------------------------------------------------------------------------------

let timer = 0;

function go(frame, phase = 0) {
  state.frame = Math.max(0, Math.min(LAST, frame));
  state.phase = phase;
  render();
}

function play(on) {
  state.playing = on;
  clearTimeout(timer);
  if (on && state.frame === LAST) go(0);
  $("play").textContent = on ? "Pause" : "Play";
  $("play").setAttribute("aria-pressed", String(on));
  $("status").setAttribute("aria-live", on ? "off" : "polite");
  if (on) timer = setTimeout(tick, pace());
}

const slowly = () => $("slow").checked;
const pace = () => (slowly() ? 700 : 90);

function tick() {
  if (slowly() && state.phase < 2 && MOMENTS.includes(trained())) go(state.frame, state.phase + 1);
  else if (state.frame < LAST) go(state.frame + 1);
  if (state.frame === LAST) play(false);
  else timer = setTimeout(tick, pace());
}

/** Take one player's step here, or the same of the next step that is recorded. */
function takeStep(player) {
  play(false);
  const phase = player === "D" ? 1 : 2, here = MOMENTS.includes(trained()) && state.phase < phase;
  const next = here ? trained() : MOMENTS.find((step) => step >= trained() + (MOMENTS.includes(trained()) ? 1 : 0));
  if (next === undefined) { say("No later step is recorded with all its numbers."); return; }
  show(DENSE.indexOf(next), phase, player === "D" ? "D fakes" : "G");
}

function show(frame, phase, part) {
  state.part = part;
  state.entry = state.cell = null;
  go(frame, phase);
}

let said = "";
function say(text) { said = text; status(); }

function status() {
  const step = trained(), run = runs[state.run], found = current(run);
  let text = `After ${grouped(step)} of ${grouped(run.total)} steps.`;
  if (found) {
    const words = [`Step ${grouped(step + 1)} is recorded in full: take D's step, then G's.`,
      `D has taken step ${grouped(step + 1)}: arrows show where G will send its fakes.`,
      `G has taken step ${grouped(step + 1)} too: its fakes have moved.`];
    text += ` ${words[state.phase]} Difference to Python: ${found.worst.difference.toExponential(1)}.`;
  }
  $("status").textContent = said || text;
  said = "";
  $("slider").value = state.frame;
  $("slider").setAttribute("aria-valuetext", `after ${step} of ${run.total} steps`);
}

// ---- inside a step --------------------------------------------------------------------------

/** The step that is looked into: this one, or the recorded one before it. */
function inside() {
  const run = runs[state.run], before = MOMENTS.filter((step) => step <= trained());
  const number = before.length ? before[before.length - 1] : MOMENTS[0];
  return { run, number, step: stepOf(run, number) };
}

function chips(id, items, chosen, choose) {
  const box = $(id), focused = box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  box.replaceChildren(...items.map(([key, text]) => {
    const button = element("button", { "aria-pressed": String(key === chosen), "data-key": key }, text);
    button.addEventListener("click", () => choose(key));
    return button;
  }));
  if (focused !== null) [...box.children].find((b) => b.dataset.key === focused)?.focus();
}

function renderInside() {
  const { run, number, step } = inside();
  const entries = step.entries.filter((entry) => entry.phase === state.part);
  if (!entries.some((entry) => entry.name === state.entry)) {
    state.entry = { "D real": "real_score", "D fakes": "fake_score", G: "dfake" }[state.part];
    if (!entries.some((entry) => entry.name === state.entry)) state.entry = alias(entries);
    state.at = [0, 0];
    state.cell = null;
  }
  const entry = entries.find((e) => e.name === state.entry);
  const { phase, name, difference } = step.worst;
  $("inside-where").textContent = `Step ${grouped(number + 1)} of seed ${run.seed}` +
    `${number === trained() ? "" : `, the last one recorded in full before step ${grouped(trained() + 1)}`}. ` +
    `${grouped(step.compared)} numbers compared with Python's; the largest difference is ` +
    `${difference.toExponential(1)} (${phase}: ${name}).`;
  chips("which", runs.length > 1 ? runs.map((r, k) => [String(k), `seed ${r.seed}: ${r.verdict.name}`]) : [], String(state.run),
    (key) => { state.run = Number(key); state.cell = null; render(); });
  chips("phases", PHASES, state.part, (key) => { state.part = key; state.entry = state.cell = null; renderInside(); });
  chips("values", entries.map((e) => [e.name, label(e)]), state.entry,
    (key) => { state.entry = key; state.cell = null; state.at = [0, 0]; renderInside(); });
  chips("shown", [["values", "values"], ["gradients", "gradients"]], state.gradients ? "gradients" : "values",
    (key) => { state.gradients = key === "gradients"; renderInside(); });
  drawNetwork(step, entries);
  renderTable(entry);
  renderNumber(entry);
}

/** What a score, a fake and the gradient of one are called in the list. */
const ALIASES = { "D real": { D: "score" }, "D fakes": { G: "fake", D: "score" }, G: { G: "fake", D: "score" } };
const depth = { G: model.networks.G.length - 1, D: model.networks.D.length - 1 };
function label(entry) {
  for (const [player, word] of Object.entries(ALIASES[entry.phase]))
    if (entry.name === `${player}${depth[player]}.y`) return `${entry.name} = ${word}`;
  return entry.phase === "G" && entry.name === "D0.dx" ? "D0.dx = dfake" : entry.name;
}
const alias = (entries) => (entries[0].phase === "G" ? "D0.dx" : `D${depth.D}.y`);

const LARGEST = (data) => { let most = 1e-300; for (const v of data) most = Math.max(most, Math.abs(v)); return most; };

function renderTable(entry) {
  const { rows, cols, data } = entry.value, narrow = $("table").parentElement.clientWidth < 430;
  const shape = [Math.min(rows, 10), Math.min(cols, narrow ? 4 : 6)], most = LARGEST(data);
  state.at = [Math.min(state.at[0], rows - shape[0]), Math.min(state.at[1], cols - shape[1])];
  const [r0, c0] = state.at;
  $("table-title").textContent = `${label(entry)}: ${rows} × ${cols}`;
  const moves = [];
  if (rows > shape[0]) moves.push(["up", "rows before"], ["down", "rows after"]);
  if (cols > shape[1]) moves.push(["left", "columns before"], ["right", "columns after"]);
  chips("paging", moves, "", (key) => {
    const [dr, dc] = { up: [-10, 0], down: [10, 0], left: [0, -shape[1]], right: [0, shape[1]] }[key];
    state.at = [Math.max(0, r0 + dr), Math.max(0, c0 + dc)];
    renderInside();
  });
  const head = element("tr", {}, element("th", {}, ""), ...range(c0, shape[1]).map((c) => element("th", { scope: "col" }, String(c))));
  const body = range(r0, shape[0]).map((r) => element("tr", {}, element("th", { scope: "row" }, String(r)),
    ...range(c0, shape[1]).map((c) => {
      const value = data[r * cols + c], chosen = state.cell && state.cell[0] === r && state.cell[1] === c;
      const button = element("button", { "aria-pressed": String(Boolean(chosen)),
        "aria-label": `row ${r}, column ${c}: ${shown(value)}`, "data-cell": `${r},${c}` }, shown(value, 4));
      if (!chosen) button.style.background = tint(value / most, 0.3);
      button.addEventListener("click", () => {
        state.cell = [r, c];
        if (rows > 1) state.row = r;
        renderInside();
        document.querySelector(`[data-cell="${r},${c}"]`)?.focus();
      });
      return element("td", {}, button);
    })));
  $("table").replaceChildren(element("tbody", {}, head, ...body));
  $("table").setAttribute("aria-label", `Numbers of ${label(entry)}; a button each`);
}

const range = (start, count) => Array.from({ length: count }, (_, k) => start + k);

// ---- a number: formula, what went in, source, test ---------------------------------------------

const i = (x) => `<mi>${x}</mi>`, o = (x) => `<mo>${x}</mo>`, n = (x) => `<mn>${x}</mn>`;
const sub = (x, s) => `<msub>${i(x)}<mrow>${s}</mrow></msub>`, ij = (a, b) => i(a) + i(b);
const sum = (k) => `<munder>${o("∑")}${i(k)}</munder>`, frac = (a, b) => `<mfrac><mrow>${a}</mrow><mrow>${b}</mrow></mfrac>`;
const sq = (x) => `<msup><mrow>${x}</mrow>${n(2)}</msup>`, beta = (k) => `<msub>${i("β")}${n(k)}</msub>`;
const old = (x) => sub(x, i("t") + o("−") + n(1)), now = (x) => sub(x, i("t"));
const FORMULAS = {
  standard_normal: [i("z") + o("∼") + i("N") + o("(") + n(0) + o(",") + n(1) + o(")"), "standard_normal"],
  parabola: [o("(") + i("x") + o(",") + sq(i("x")) + o(")") + o(",") + i("x") + o("=") + i("u") + o("−") + frac(n(1), n(2)), "parabola"],
  add_scaled: [i("x") + o("=") + i("c") + o("+") + i("σ") + i("z"), "add_scaled"],
  dense_forward: [sub("y", ij("n", "j")) + o("=") + sum("k") + sub("x", ij("n", "k")) + sub("W", ij("k", "j")) + o("+") + sub("b", i("j")), "dense_forward"],
  dense_dx: [sub("dx", ij("n", "k")) + o("=") + sum("j") + sub("dy", ij("n", "j")) + sub("W", ij("k", "j")), "dense_dx"],
  dense_dW: [sub("dW", ij("k", "j")) + o("=") + sum("n") + sub("x", ij("n", "k")) + sub("dy", ij("n", "j")), "dense_dW"],
  dense_db: [sub("db", i("j")) + o("=") + sum("n") + sub("dy", ij("n", "j")), "dense_db"],
  relu_forward: [i("y") + o("=") + i("max") + o("(") + i("x") + o(",") + n(0) + o(")"), "relu_forward"],
  relu_backward: [i("dx") + o("=") + i("dy") + `<mtext> where </mtext>` + i("y") + o(">") + n(0) + `<mtext>, else </mtext>` + n(0), "relu_backward"],
  bce_logits_forward: [i("L") + o("=") + frac(n(1), i("N")) + sum("n") + o("(") + i("log") + o("(") + n(1) + o("+") + `<msup>${i("e")}${sub("s", i("n"))}</msup>` + o(")") + o("−") + i("t") + sub("s", i("n")) + o(")"), "bce_logits_forward"],
  bce_logits_backward: [i("ds") + o("=") + frac(i("σ") + o("(") + i("s") + o(")") + o("−") + i("t"), i("N")), "bce_logits_backward"],
  adam_m: [now("m") + o("=") + beta(1) + old("m") + o("+") + o("(") + n(1) + o("−") + beta(1) + o(")") + i("g"), "adam_update"],
  adam_v: [now("v") + o("=") + beta(2) + old("v") + o("+") + o("(") + n(1) + o("−") + beta(2) + o(")") + sq(i("g")), "adam_update"],
  adam_theta: [now("θ") + o("=") + old("θ") + o("−") + i("α") + frac(now("m"), `<msqrt>${now("v")}</msqrt>` + o("+") + i("ε")), "adam_update", i("α") + o("=") + i("η") + frac(`<msqrt>${n(1)}${o("−")}<msubsup>${i("β")}${n(2)}${i("t")}</msubsup></msqrt>`, n(1) + o("−") + `<msubsup>${i("β")}${n(1)}${i("t")}</msubsup>`)],
};

function renderNumber(entry) {
  if (!state.cell) { $("number").innerHTML = `<p class="faint">Click a number for its formula, its source line, its test and what went in.</p>`; return; }
  const [r, c] = state.cell, value = entry.value.data[r * entry.value.cols + c];
  const [formula, primitive, more] = FORMULAS[entry.op], from = code[primitive], python = Engine.recordedBy(entry, r, c);
  const card = element("div", { class: "card" });
  const given = python === undefined ? "" : `, Python ${shown(python, 8)}`;
  card.append(element("strong", {}, `${entry.name}[${r},${c}] = ${shown(value, 8)}`), given);
  const math = element("div");
  math.innerHTML = [formula, more].filter(Boolean).map((f) => `<math display="block"><mrow>${f}</mrow></math>`).join("");
  card.append(math, ...wentIn(entry, r, c, value));
  card.append(element("dl", {}, element("dt", {}, "source"), element("dd", {}, element("code", {}, from.line), element("pre", {}, from.source)),
    element("dt", {}, "test"), element("dd", {}, element("code", {}, from.test))));
  $("number").replaceChildren(card);
}

/** The numbers that an element is made of: the largest terms of a sum, or all ingredients. */
function wentIn(entry, r, c, value) {
  const found = Engine.terms(entry, r, c), rows = [];
  if (found.length) {
    const sorted = found.map(([name, a, b]) => [name, a, b, a * b]).sort((p, q) => Math.abs(q[3]) - Math.abs(p[3]));
    const first = sorted.slice(0, 8), rest = sorted.slice(8);
    for (const [name, a, b, product] of first) rows.push([name, b === 1 ? "" : `${shown(a)} · ${shown(b)}`, shown(product)]);
    if (rest.length) rows.push([`${rest.length} smaller terms`, "", shown(rest.reduce((s, t) => s + t[3], 0))]);
    rows.push(["sum", "", shown(value, 8)]);
  } else for (const [name, number] of Object.entries(Engine.ingredients(entry, r, c))) rows.push([name, "", shown(number, 8)]);
  if (!rows.length) return [element("p", { class: "faint" }, "Drawn at random; recorded as it was.")];
  const table = element("table", {}, element("tbody", {}, ...rows.map(([name, factors, number]) =>
    element("tr", {}, element("td", { class: "words" }, name), element("td", { class: "plain" }, factors), element("td", { class: "plain" }, number)))));
  return [element("div", { class: "wide" }, table)];
}

// ---- the networks as layers ----------------------------------------------------------------------

let columns = [];  // of the drawing: where they are, and which values they show

function drawNetwork(step, entries) {
  const players = state.part === "D real" ? ["D"] : ["G", "D"], find = (name) => entries.find((e) => e.name === name);
  const { g, width, height } = prepare($("network"), (w) => Math.max(230, Math.min(320, w * 0.55)));
  columns = [];
  const first = state.part === "D real" ? find("real") : find("z");
  columns.push({ name: first.name, units: first.value.cols, values: first.value, text: first.name });
  for (const player of players)
    model.networks[player].forEach((layer, k) => {
      const y = find(`${player}${k}.y`), dx = find(`${player}${k}.dx`), at = columns[columns.length - 1];
      if (layer.kind !== "Dense") { Object.assign(at, { values: y.value, name: y.name }); if (dx) at.gradient = find(`${player}${k + 1}.dx`)?.value ?? dx.value; return; }
      if (dx && !at.gradient) at.gradient = dx.value;
      columns.push({ name: y.name, units: layer.units, values: y.value, player, layer, k, text: label(y).split(" = ")[1] ?? y.name,
        dW: find(`${player}${k}.dW`), W: y.args.W });
    });
  const score = columns[columns.length - 1];
  score.gradient = find("dscore")?.value;
  const gap = width / columns.length;
  columns.forEach((column, k) => { column.x = gap * (k + 0.5); });
  const y = (column, unit) => 26 + ((unit + 0.5) / column.units) * (height - 52);
  columns.slice(1).forEach((column, k) => {
    const before = columns[k], shownW = state.gradients ? column.dW?.value : column.W;
    const frozen = state.part === "G" && column.player === "D";
    if (state.part === "D fakes" && column.player === "G" && state.gradients) return;
    const matrix = shownW ?? column.W, most = LARGEST(matrix.data);
    const thin = matrix.data.length > 1000 ? 0.35 : 1;
    for (let a = 0; a < before.units; a++)
      for (let b = 0; b < column.units; b++) {
        const share = state.gradients && !shownW ? 0 : matrix.data[a * column.units + b] / most;
        if (Math.abs(share) * thin < 0.04) continue;
        g.strokeStyle = tint(share, 0.8 * thin);
        g.lineWidth = 0.5 + 1.3 * Math.abs(share) * thin;
        line(g, before.x, y(before, a), column.x, y(column, b));
      }
    if (frozen && column.layer === model.networks.D[0]) {
      g.fillStyle = colours.faint;
      g.font = "11px system-ui, sans-serif";
      g.fillText("D, frozen", column.x - 22, height - 6);
    }
  });
  const batch = columns[0].values.rows, row = Math.min(state.row, batch - 1);
  for (const column of columns) {
    const values = state.gradients ? column.gradient : column.values;
    const radius = Math.max(2, Math.min(7, (height - 60) / column.units / 2.2));
    const most = values ? LARGEST(values.data) : 1;
    for (let unit = 0; unit < column.units; unit++) {
      circle(g, column.x, y(column, unit), radius);
      g.fillStyle = colours.paper;
      g.fill();
      if (values) { g.fillStyle = tint(values.data[row * column.units + unit] / most, 1); g.fill(); }
      g.strokeStyle = column.name === state.entry ? colours.ink : colours.faint;
      g.lineWidth = column.name === state.entry ? 2 : 0.8;
      g.stroke();
    }
    g.fillStyle = colours.faint;
    g.font = "11px system-ui, sans-serif";
    const words = column.text;
    g.fillText(words, column.x - g.measureText(words).width / 2, 16);
  }
  $("network-text").textContent = `Row ${row} of ${batch}, ${state.gradients ? "gradients of weights and units" : "weights and answers"}; ` +
    "red is positive, blue negative. Click a layer for its numbers, between two for weights.";
  $("network").setAttribute("aria-label", `Networks ${players.join(" and ")} as layers of ${columns.map((c) => c.units).join(", ")} units, ` +
    `for row ${row} of the batch; the list of values has all numbers`);
}

$("network").addEventListener("click", (event) => {
  const scale = $("network").clientWidth / columns.length, share = event.offsetX / scale - 0.5;
  const k = Math.round(share), between = Math.abs(share - k) > 0.25, column = columns[between ? Math.ceil(share) : k];
  if (!column) return;
  const { step } = inside(), entries = step.entries.filter((e) => e.phase === state.part);
  const wanted = between ? [state.gradients ? `${column.player}${column.k}.dW` : `${column.player}${column.k}.W`, `${column.player}${column.k}.dW`] : [column.name];
  const name = wanted.find((w) => entries.some((e) => e.name === w));
  if (!name) { say(between ? "These weights stand still in this part of the step." : ""); return; }
  Object.assign(state, { entry: name, cell: null, at: [0, 0] });
  renderInside();
});

// ---- the proof: all recorded steps, one after the other -------------------------------------------

const proof = { worst: null, compared: 0, done: 0, all: runs.length * MOMENTS.length };
const todo = runs.flatMap((run) => run.moments.map((moment) => [run, moment]));

function prove() {
  const until = performance.now() + 12;
  while (todo.length && performance.now() < until) {
    const [run, moment] = todo.shift();
    const step = stepOf(run, moment.step);
    proof.done += 1;
    proof.compared += step.compared;
    const worst = { ...step.worst, seed: run.seed, step: moment.step + 1 };
    if (!proof.worst || !(worst.difference <= proof.worst.difference)) proof.worst = worst;
  }
  const { difference, phase, name, seed, step } = proof.worst, fine = difference <= model.bound;
  $("proof").textContent = `${todo.length ? "Computing" : "Computed"} ${proof.done} of ${proof.all} recorded steps again, here, and compared ` +
    `${grouped(proof.compared)} numbers with Python's. Largest difference: ${difference.toExponential(1)} of the largest number of its ` +
    `array (${phase}: ${name}, step ${grouped(step)} of seed ${seed}); at most ${model.bound.toExponential(0)} is allowed${fine ? "." : ": it is exceeded."}`;
  $("proof").classList.toggle("bad", !fine);
  Object.assign($("proof").dataset, { difference, bound: model.bound, done: String(!todo.length) });
  if (todo.length) setTimeout(prove, 0);
}

// ---- everything together ---------------------------------------------------------------------------

function render() {
  runs.forEach((run, k) => { drawPlane(run, figures[k]); drawLosses(run, figures[k]); });
  status();
  if (!state.playing || slowly()) renderInside();
}

$("slider").max = LAST;
$("slider").addEventListener("input", (event) => { play(false); go(Number(event.target.value)); });
$("play").addEventListener("click", () => { play(!state.playing); if (!state.playing) renderInside(); });
$("back").addEventListener("click", () => { play(false); go(state.frame - 1); });
$("ahead").addEventListener("click", () => { play(false); go(state.frame + 1); });
$("step-d").addEventListener("click", () => takeStep("D"));
$("step-g").addEventListener("click", () => takeStep("G"));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const on = event.target, native = on.matches?.("input[type=range]"), pressed = on.matches?.("button, input[type=checkbox]");
  const keys = { d: () => takeStep("D"), g: () => takeStep("G"), s: () => { $("slow").checked = !slowly(); } };
  if (!native) Object.assign(keys, { ArrowLeft: () => $("back").click(), ArrowRight: () => $("ahead").click(), Home: () => go(0), End: () => go(LAST) });
  if (!pressed) keys[" "] = () => $("play").click();
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { act(); event.preventDefault(); }
});

let resized = 0;
window.addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(render, 80); });
dark.addEventListener("change", () => { readColours(); render(); });
readColours();
render();
prove();
