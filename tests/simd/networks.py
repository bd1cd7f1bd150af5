"""Small networks of different kinds, extents all different and no multiples of a vector."""

SPECS = {
    "dense": """
inputs: {x: {shape: [13]}, y: {role: target, classes: 6}}
layers:
  - {id: a, type: dense, units: 37, activation: gelu}
  - {id: b, type: dense, units: 19, activation: tanh}
  - {id: out, type: dense, units: 6}
loss: {type: softmax_cross_entropy, from: out, target: y}
""",
    "conv": """
inputs: {x: {shape: [3, 9, 7]}, y: {role: target, classes: 5}}
layers:
  - {id: a, type: conv2d, units: 11, kernel: 3, padding: same, activation: relu}
  - {id: p, type: max_pool2d, kernel: 2}
  - {id: b, type: conv2d, units: 6, kernel: 2, activation: tanh}
  - {id: flat, type: flatten}
  - {id: out, type: dense, units: 5}
loss: {type: softmax_cross_entropy, from: out, target: y}
""",
    "lstm": """
inputs: {x: {shape: [6, 5]}, y: {role: target, classes: 4}}
layers:
  - {id: a, type: lstm, units: 21, return: last}
  - {id: out, type: dense, units: 4}
loss: {type: softmax_cross_entropy, from: out, target: y}
""",
}
