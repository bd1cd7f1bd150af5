"""The two specs of the documentation, as text."""

SPAM = """\
symprop: 1
name: spam
inputs: {x: {shape: [3]}, y: {shape: [1], role: target}}
layers:
  - {id: out, type: dense, units: 1, activation: sigmoid}
loss: {type: binary_cross_entropy, from: out, target: y}
"""

RESIDUAL = """\
symprop: 1
name: residual
dims: {F: 16}
functions:
  snake: {args: [x], params: {alpha: {init: 1.0}}, formula: "x + sin(alpha*x)**2 / alpha"}
losses:
  pseudo_huber: {args: [p, t], constants: {d: 1.0}, formula: "d**2 * (sqrt(1 + ((p - t)/d)**2) - 1)", reduce: mean}
inputs:
  x: {shape: [F]}
  y: {shape: [1], role: target, column: price}
layers:
  - {id: stem, type: dense, units: F, activation: silu, init: he_normal}
  - {id: body, type: dense, units: F, activation: snake}
  - {id: res, type: add, in: [body, stem]}
  - {id: mix, in: res, equations: ["z[n,o] = sum[i](M[o,i]*u[n,i]**2) + c[o]"],
     args: {u: [F]}, params: {M: {shape: [F, F]}, c: {shape: [F], init: zeros}}, output: z}
  - {id: out, type: dense, units: 1}
loss: {type: pseudo_huber, from: out, target: y, l2: 1.0e-4}
optimizer: {type: adam, lr: 1e-3, clip_norm: 1.0, schedule: {type: cosine, warmup_steps: 100}}
training: {epochs: 30, batch_size: 16, seed: 3, dtype: float64, early_stop: {monitor: val_loss, patience: 5}}
data: {train: {path: prices.csv}, standardize: true, split: {validation: 0.2}}
metrics: [mae, r2]
symbols: {W_stem: W_1}
"""
