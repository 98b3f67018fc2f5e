// The ladder's network in JavaScript, on the numbers that numpy.random.default_rng draws.
// playground.js runs it in a worker or, where workers are refused (from file://), on the page itself.
(() => {
  "use strict";

  const [D_in, D_out] = [1000, 10];
  const BINS = 24;
  const KEPT_EVERY = 10;
  const IN_WORKER = typeof document === "undefined";
  // How many milliseconds a fit runs before it reports. On a page, nothing else can happen meanwhile.
  const [SLICE, PAUSE] = IN_WORKER ? [40, 0] : [16, 8];

  // The 256 bits that NumPy's SeedSequence makes of a seed below 2 ** 32: O'Neill's seed_seq_fe.
  function seedWords(seed) {
    const { imul } = Math;
    const folded = (value) => (value ^ (value >>> 16)) >>> 0;
    let constant = 0x43b0d7e5;
    const hashed = (value, factor) => {
      const changed = value ^ constant;
      constant = imul(constant, factor);
      return folded(imul(changed, constant));
    };
    const pool = [seed, 0, 0, 0].map((word) => hashed(word, 0x931e8875));
    for (let from = 0; from < 4; from++) {
      for (let to = 0; to < 4; to++) {
        if (from === to) continue;
        const word = hashed(pool[from], 0x931e8875);
        pool[to] = folded(imul(pool[to], 0xca01f9dd) - imul(word, 0x4973f715));
      }
    }
    constant = 0x8b51f9dd;
    const words = Array.from({ length: 8 }, (_, i) => BigInt(hashed(pool[i % 4], 0x58f38ded)));
    return [0, 2, 4, 6].map((i) => words[i] | (words[i + 1] << 32n));
  }

  // NumPy's PCG64, O'Neill's XSL-RR 128/64: each call returns 64 random bits.
  function pcg64(seed) {
    const [a, b, c, d] = seedWords(seed);
    const increment = BigInt.asUintN(128, (((c << 64n) | d) << 1n) | 1n);
    const advance = (state) =>
      BigInt.asUintN(128, state * 0x2360ed051fc65da44385df649fccf645n + increment);
    let state = advance(increment + ((a << 64n) | b));
    return () => {
      state = advance(state);
      const folded = BigInt.asUintN(64, (state >> 64n) ^ state);
      const turn = state >> 122n;
      return BigInt.asUintN(64, (folded >> turn) | (folded << (64n - turn)));
    };
  }

  // Standard normal numbers by the ziggurat of Marsaglia and Tsang (2000), with NumPy's 256 layers of
  // equal area. The lowest layer holds the tail beyond TAIL.
  const TAIL = 3.6541528853610087963519472518;
  const AREA = 0.00492867323397465493;
  const density = (x) => Math.exp(-0.5 * x * x);
  const edges = new Float64Array(257);
  edges[256] = AREA / density(TAIL);
  edges[255] = TAIL;
  for (let i = 254; i > 0; i--) {
    edges[i] = Math.sqrt(-2 * Math.log(AREA / edges[i + 1] + density(edges[i + 1])));
  }
  const layers = Array.from({ length: 256 }, (_, i) => {
    const outer = edges[i || 256];
    const inner = i ? edges[i - 1] : TAIL;
    return {
      width: outer / 2 ** 52,
      height: i ? density(outer) : 1,
      inside: Math.trunc((inner / outer) * 2 ** 52),
    };
  });

  function standardNormal(seed) {
    const next = pcg64(seed);
    const uniform = () => Number(next() >> 11n) / 2 ** 53;
    return () => {
      for (;;) {
        const bits = next();
        const i = Number(bits & 255n);
        const whole = Number((bits >> 9n) & 0xfffffffffffffn);
        const x = whole * layers[i].width * (bits & 256n ? -1 : 1);
        if (whole < layers[i].inside) return x;
        if (i === 0) {
          for (;;) {
            const beyond = -Math.log1p(-uniform()) / TAIL;
            if (-2 * Math.log1p(-uniform()) <= beyond * beyond) continue;
            return (TAIL + beyond) * ((whole >> 8) & 1 ? -1 : 1);
          }
        }
        const { height } = layers[i];
        if ((layers[i - 1].height - height) * uniform() + height < density(x)) return x;
      }
    };
  }

  // These generators yield often, so that whoever runs them can stop or do something else in between.
  function* draws(draw, count) {
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      values[i] = draw();
      if (i % 1000 === 999) yield;
    }
    return values;
  }

  // Computes two rows of a @ b.T. It stands alone because browsers optimise it better than code inside a
  // generator. Eight sums at a time save memory reads; at an edge, the last row or column is computed twice.
  function multiplyRows(out, row, a, b, inner) {
    const [rows, columns] = [a.length / inner, b.length / inner];
    const next = Math.min(row + 1, rows - 1);
    const [first, second] = [row * inner, next * inner];
    for (let c = 0; c < columns; c += 4) {
      const d = Math.min(c + 1, columns - 1);
      const e = Math.min(c + 2, columns - 1);
      const f = Math.min(c + 3, columns - 1);
      const p = c * inner, q = d * inner, r = e * inner, s = f * inner;
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
      for (let i = 0; i < inner; i++) {
        const u = a[first + i], v = a[second + i];
        const b0 = b[p + i], b1 = b[q + i], b2 = b[r + i], b3 = b[s + i];
        s0 += u * b0; s1 += u * b1; s2 += u * b2; s3 += u * b3;
        t0 += v * b0; t1 += v * b1; t2 += v * b2; t3 += v * b3;
      }
      const upper = row * columns, lower = next * columns;
      out[upper + c] = s0; out[upper + d] = s1; out[upper + e] = s2; out[upper + f] = s3;
      out[lower + c] = t0; out[lower + d] = t1; out[lower + e] = t2; out[lower + f] = t3;
    }
  }

  // Computes a @ b.T, for a of shape (rows, inner) and b of shape (columns, inner), which are read along rows.
  function* product(a, b, inner) {
    const out = new Float64Array((a.length / inner) * (b.length / inner));
    for (let row = 0; row < a.length / inner; row += 2) {
      multiplyRows(out, row, a, b, inner);
      yield;
    }
    return out;
  }

  function transpose(a, rows, columns) {
    const out = new Float64Array(a.length);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < columns; k++) out[k * rows + row] = a[row * columns + k];
    }
    return out;
  }

  // Counts values in equal bins from -max |value| to max |value|.
  function histogram(values) {
    let most = 0, zeros = 0;
    for (const value of values) {
      most = Math.max(most, Math.abs(value)); // stays NaN after a NaN
      if (value === 0) zeros++;
    }
    const bins = new Array(BINS).fill(0);
    const scale = most || 1;
    for (const value of Number.isFinite(most) ? values : []) {
      bins[Math.min(BINS - 1, Math.floor((value / scale / 2 + 0.5) * BINS))]++;
    }
    return { most, zeros: zeros / values.length, bins };
  }

  // Fits the network. Yields {zeroLoss}, the loss of predicting zero, when the data is there; then
  // {step, loss, live} at each step, with histograms at every tenth. `lines` maps each changed line to its mistake.
  function* fit({ seed, N, H, steps, rate, lines = {} }) {
    const draw = standardNormal(seed);
    const x = yield* draws(draw, N * D_in);
    const y = yield* draws(draw, N * D_out);
    const w1_T = transpose(yield* draws(draw, D_in * H), D_in, H);
    const w2 = yield* draws(draw, H * D_out);
    const x_T = transpose(x, N, D_in);
    yield { zeroLoss: y.reduce((sum, value) => sum + value * value, 0) };

    for (let step = 0; step < steps; step++) {
      let h = yield* product(x, w1_T, D_in);
      const live = h.reduce((count, value) => count + (value > 0), 0) / h.length;
      const h_relu = h.map((value) => Math.max(value, 0));
      if (lines.relu === "in_place") h = h_relu;
      const y_pred = yield* product(h_relu, transpose(w2, H, D_out), H);
      const error = y_pred.map((value, i) => value - y[i]);
      const loss = error.reduce((sum, value) => sum + value * value, 0);

      const factor = { sign: -2, mean: 2 / y.length }[lines.error] ?? 2;
      const grad_y_pred = error.map((value) => factor * value);
      const grad_w2 = yield* product(transpose(h_relu, N, H), transpose(grad_y_pred, N, D_out), N);
      const grad_h_relu = yield* product(grad_y_pred, w2, D_out);
      const grad_h = lines.copy === "alias" ? grad_h_relu : grad_h_relu.slice();
      const masked = {
        less: (i) => h[i] < 0,
        none: () => false,
        gradient: (i) => grad_h[i] <= 0,
      }[lines.mask] ?? ((i) => h[i] <= 0);
      for (let i = 0; i < grad_h.length; i++) if (masked(i)) grad_h[i] = 0;
      const grad_w1_T = yield* product(transpose(grad_h, N, H), x_T, N);

      const point = { step, loss, live };
      if (step % KEPT_EVERY === 0 || step === steps - 1 || !Number.isFinite(loss)) {
        point.histograms = {};
        for (const [name, values] of Object.entries({ h, grad_w1: grad_w1_T, grad_w2, w1: w1_T })) {
          yield;
          point.histograms[name] = histogram(values);
        }
      }
      yield point;
      if (!Number.isFinite(loss)) return;

      const rateOf = (line) => ({ up: -rate, none: 0 })[line] ?? rate;
      const [rate1, rate2] = [rateOf(lines.w1), rateOf(lines.w2)];
      for (let i = 0; i < w1_T.length; i++) w1_T[i] -= rate1 * grad_w1_T[i];
      for (let i = 0; i < w2.length; i++) w2[i] -= rate2 * grad_w2[i];
    }
  }

  // Runs a fit in slices, and reports {zeroLoss, points, done} after each. Returns a function that stops it.
  function start(settings, report) {
    const run = fit(settings);
    let timer;
    const slice = () => {
      const until = performance.now() + SLICE;
      const update = { points: [], done: false };
      while (!update.done && !update.zeroLoss && performance.now() < until) {
        const { value, done } = run.next();
        update.done = done;
        if (value?.zeroLoss) update.zeroLoss = value.zeroLoss;
        else if (value) update.points.push(value);
      }
      if (!update.done) timer = setTimeout(slice, PAUSE);
      report(update);
    };
    timer = setTimeout(slice);
    return () => clearTimeout(timer);
  }

  if (IN_WORKER) globalThis.onmessage = ({ data }) => start(data, postMessage);
  else globalThis.network = { standardNormal, start };
})();
