"""Layers that move entries and learn nothing: reshape, transpose, slice, pad, and sums along axes.

Axes are counted with the batch as 0: 1 is the first beside it, -1 the last.
"""

from __future__ import annotations

from symprop.library.layers.entry import ONE, Requirement, layer
from symprop.library.options import Option
from symprop.library.variants import Variant

NUMPY = "Harris et al., Array programming with NumPy, Nature 585, 357-362 (2020)"
AXIS = Option("axes", doc="the axis; 1 is the first beside the batch, -1 the last")
AXES = Option("axes", doc="the axis or a list of them; 1 is the first beside the batch, -1 the last")

layer(
    "reshape",
    "F[n, (...)] = x[n, ...]",
    "Z[n, ...shape] = F[n, (...shape)]",
    args={"x": "N, ..."},
    shape="N, ...shape",
    requires=(
        Requirement(
            "min(shape_size - (...), (...) - shape_size)", "{(...)} entries do not fill a shape of {shape_size}"
        ),
    ),
    source=NUMPY,
    options={"shape": Option("extents", doc="extents without the batch; the last one runs fastest")},
)
layer(
    "transpose",
    "Z[n, ...axes] = x[n, ...]",
    args={"x": "N, ..."},
    shape="N, ...axes",
    requires=(Requirement("axes_count - rank", "axes: expected all {rank} axes beside the batch, got {axes_count}"),),
    source=NUMPY,
    options={"axes": Option("axes", doc="axes of x in their new order; 1 is the first beside the batch")},
)
layer(
    "slice",
    "Z[n, ...<axis, i, ...>axis] = x[n, ...<axis, step*i + first, ...>axis]",
    args={"x": "N, ..."},
    shape="N, ...<axis, (end - first + step - 1)//step, ...>axis",
    extents={"first": "start % axis_size", "end": "(stop - 1) % axis_size + 1"},
    requires=(
        ONE,
        Requirement(
            "min(start + axis_size, axis_size - 1 - start)",
            "start: expected -{axis_size} to {axis_size - 1} on an axis of {axis_size}, got {start}",
        ),
        Requirement("end - first - 1", "from {first} to {end} there is no entry"),
    ),
    variants=(Variant({"stop": None}, extents={"end": "axis_size"}),),
    source=NUMPY,
    options={
        "axis": AXIS,
        "start": Option("integer", 0, doc="first entry; below 0 it counts from the end"),
        "stop": Option("integer", None, doc="entry behind the last one; below 0 it counts from the end"),
        "step": Option("integer", 1, low=1, doc="distance of the entries kept"),
    },
)
layer(
    "pad",
    "Z[n, ...<axis, i, ...>axis] = x[n, ...<axis, i - before, ...>axis]",
    args={"x": "N, ..."},
    shape="N, ...<axis, axis_size + before + after, ...>axis",
    requires=(ONE,),
    source=NUMPY,
    options={
        "axis": AXIS,
        "before": Option("integer", 0, low=0, doc="zeros before the first entry"),
        "after": Option("integer", 0, low=0, doc="zeros behind the last entry"),
    },
)
layer(
    "reduce_sum",
    "Z[n, ...!axis] = sum[...axis](x[n, ...])",
    args={"x": "N, ..."},
    shape="N, ...!axis",
    source=NUMPY,
    options={"axis": AXES},
)
layer(
    "reduce_mean",
    "Z[n, ...!axis] = sum[...axis](x[n, ...])/axis_size",
    args={"x": "N, ..."},
    shape="N, ...!axis",
    source=NUMPY,
    options={"axis": AXES},
)
